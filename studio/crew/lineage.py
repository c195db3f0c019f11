"""Policy lineage: a production learns on its own chain; what it ends with becomes the workspace's current version."""

from __future__ import annotations

from pathlib import Path

from studio.config import Settings, Workspace
from studio.crew.production import Production
from studio.errors import BadInput


def starting_version(space: Workspace, settings: Settings) -> tuple[str, Path]:
    """(hash, file) of the version a new production starts from: the workspace's current one, or the named one."""
    from studio.policy.versions import PolicyStore, shipped_path, version_hash

    store = PolicyStore(space.policies)
    if settings.rl.policy not in ("shipped", "current"):
        path = store.path(settings.rl.policy)
        if not path.is_file():
            raise BadInput(
                f'[rl] policy {settings.rl.policy!r} is not in {space.policies}; use "shipped" or a version there'
            )
        return settings.rl.policy, path
    current = store.current()
    if current is not None:
        return current, store.path(current)
    return version_hash(shipped_path()), shipped_path()


def finish(production: Production, policy: str) -> None:
    """Move the workspace to the chain's end, unless this is a replay or another production finished first."""
    from studio.policy.versions import PolicyStore

    memory, start = production.memory, production.slate.policy_version
    memory.memoise("chain-end", {"production": production.name}, policy)
    own, common = PolicyStore(production.folder / "policy"), PolicyStore(production.space.policies)
    if policy != start and own.path(policy).is_file():
        common.adopt(own.path(policy))
        before = memory.recall("policy-base", {"production": production.name})
        replay = memory.recall("replay", {"production": production.name})
        current = common.current()
        if not replay and current in (before, policy):
            common.set_current(policy)
            memory.memoise("policy-base", {"production": production.name}, policy)
        elif not replay:
            production.remark(
                "warning",
                f"another production moved the director first; version {policy[:12]} stays a branch of its own",
            )
    own.prune({start, policy})
