"""The director's learning: decisions and policy updates, memoised, on the production's own chain of versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.crew.production import Production
from studio.errors import Stopped
from studio.memory.tables import Take
from studio.story.document import Scene, Shot


class Learner:
    """The policy as the crew sees it. torch is imported only when something was never decided before."""

    def __init__(self, production: Production) -> None:
        self.production = production

    def _store(self) -> Any:
        from studio.policy.versions import PolicyStore

        return PolicyStore(self.production.folder / "policy")

    def state(self, scene: Scene, shot: Shot, earlier: list[Take], critic_notes: list[str], wave_start: int) -> str:
        """What the policy is asked, as text: the story so far, this shot, the notes, recent rewards and set-ups."""
        production = self.production
        seen = [
            take
            for take in production.memory.takes(production.name)
            if take.scene < wave_start or (take.scene == scene.number and take.shot < shot.number) or (take in earlier)
        ]
        from studio.policy.state import Situation
        from studio.story.catalogue import entries

        document = production.document
        scored = [take for take in seen if take.reward is not None]
        place = entries("places").get(document.location(scene.location).kind, {})
        return Situation(
            prompt=production.slate.prompt,
            genre=document.genre,
            beat=document.beat_of(scene),
            scene=[s.number for s in document.scenes].index(scene.number) + 1,
            scenes=len(document.scenes),
            shot=[s.number for s in scene.shots].index(shot.number) + 1,
            shots=len(scene.shots),
            take=len(earlier) + 1,
            time_of_day=scene.time_of_day,
            weather=scene.weather,
            indoors=bool(place.get("indoors", False)),
            characters=len(shot.characters),
            speaking=bool(shot.dialogue),
            action=shot.action,
            continuity=scene.facts,
            notes=critic_notes,
            rewards=[float(take.reward or 0.0) for take in scored[-3:]],
            recent=[take.data["direction"] for take in scored if take not in earlier][-3:],
        ).text()

    def decide(
        self, version: str, state: str, forced: dict[str, str], seed: int, avoid: list[dict[str, str]]
    ) -> dict[str, Any]:
        """The direction of one take; the same question has one answer for ever."""
        inputs = {"version": version, "state": state, "forced": forced, "seed": seed, "avoid": avoid}
        memory = self.production.memory
        answer: dict[str, Any] | None = memory.recall("decision-of", inputs)
        if answer is None:
            from studio.policy.director import decide

            with self.production.thinking, self.production.clocked("policy"):
                answer = decide(self.path(version), state, forced, seed, avoid).model_dump(mode="json")
            memory.memoise("decision-of", inputs, answer)
        return answer

    def update(self, version: str, decision: dict[str, Any], reward: float) -> dict[str, Any]:
        """One PPO update; returns the health with the new version."""
        rl = self.production.settings.rl
        settings = {"learning_rate": rl.learning_rate, "kl_penalty": rl.kl_penalty, "gamma": rl.gamma}
        inputs = {"version": version, "decision": decision, "reward": reward, "settings": settings}
        memory = self.production.memory
        answer: dict[str, Any] | None = memory.recall("update", inputs)
        if answer is None:
            answer = self._compute(inputs)
            memory.memoise("update", inputs, answer)
        return answer

    def _compute(self, inputs: dict[str, Any]) -> dict[str, Any]:
        from studio.policy.director import Decision, PPOSettings, update

        with self.production.thinking, self.production.clocked("policy"):
            result = update(
                self.path(inputs["version"]),
                Decision.model_validate(inputs["decision"]),
                inputs["reward"],
                PPOSettings(**inputs["settings"]),
                self._store(),
            )
        answer: dict[str, Any] = result.model_dump(mode="json")
        return answer

    def path(self, version: str) -> Path:
        """The version's file; one that was pruned or lost is computed again from the update that made it."""
        store = self._store()
        path: Path = store.path(version)
        if path.is_file():
            return path
        made = next((m for m in self.production.memory.memos("update") if m.value["version"] == version), None)
        if made is None:
            raise Stopped(f"policy version {version[:12]} is not in {store.path(version).parent} and nothing made it")
        self.path(made.inputs["version"])
        if self._compute(made.inputs)["version"] != version:
            raise Stopped(f"policy version {version[:12]} cannot be computed again on this machine")
        return path

    def rebase(self, onto: str, version: str, takes: list[Take]) -> str:
        """The end of a chain in which the updates of ``takes`` follow ``onto``.

        Scenes of one wave learn side by side from the wave's start; their updates then join the chain in scene order.
        ``version`` is what the chain ends with when the takes already follow ``onto``.
        """
        updates = [take for take in takes if take.data["policy_update"]]
        if not updates or updates[0].data["policy_parent"] == onto:
            return version if updates else onto
        for take in updates:
            onto = self.update(onto, take.data["decision"], float(take.reward or 0.0))["version"]
        return onto
