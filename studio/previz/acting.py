"""Acting: from the prose of an action to what each figure does, feels and holds."""

from __future__ import annotations

import re

from studio.previz.figure import Act
from studio.story.brief import Brief

VERBS: dict[str, str] = {
    "run": "run runs ran running race races chase chases flee flees sprint sprints dash dashes rush rushes escape escapes gallop gallops hurry hurries",
    "walk": "walk walks walking go goes come comes arrive arrives leave leaves enter enters wander wanders step steps stroll strolls march marches approach approaches follow follows cross crosses return returns travel travels explore explores head heads set sets sneak sneaks creep creeps roam roams search searches",
    "fly": "fly flies flying soar soars glide glides hover hovers",
    "swim": "swim swims swimming dive dives drift drifts float floats",
    "talk": "talk talks say says tell tells speak speaks ask asks explain explains shout shouts call calls whisper whispers sing sings argue argues answer answers teach teaches beg begs promise promises",
    "sit": "sit sits sitting rest rests wait waits",
    "kneel": "kneel kneels crouch crouches dig digs plant plants garden bow bows pray prays gather gathers pick picks",
    "sleep": "sleep sleeps sleeping doze dozes lie lies faint faints dream dreams",
    "dance": "dance dances dancing celebrate celebrates cheer cheers twirl twirls spin spins party parties",
    "fight": "fight fights attack attacks strike strikes battle battles defend defends struggle struggles wrestle wrestles confront confronts",
    "jump": "jump jumps leap leaps hop hops bounce bounces pounce pounces",
    "fall": "fall falls trip trips stumble stumbles slip slips collapse collapses tumble tumbles crash crashes",
    "hug": "hug hugs embrace embraces hold holds kiss kisses comfort comforts cuddle cuddles",
    "give": "give gives offer offers hand hands share shares bring brings show shows pass passes",
    "read": "read reads study studies write writes draw draws paint paints",
    "work": "work works build builds repair repairs fix fixes mend mends cook cooks bake bakes make makes carve carves water waters tend tends clean cleans hammer hammers forge forges stir stirs",
    "play": "play plays playing juggle juggles perform performs",
    "climb": "climb climbs climbing scale scales",
    "push": "push pushes pull pulls drag drags lift lifts open opens",
    "carry": "carry carries carrying haul hauls take takes steal steals",
    "eat": "eat eats eating drink drinks taste tastes feed feeds chew chews",
    "point": "point points gesture gestures choose chooses",
    "wave": "wave waves greet greets welcome welcomes farewell",
    "react": "gasp gasps discover discovers find finds realise realises realize realizes startle startles scream screams notice notices",
    "look": "look looks watch watches stare stares gaze gazes see sees observe observes peer peers study guard guards listen listens",
    "ride": "ride rides riding drive drives sail sails steer steers",
}  # fmt: skip
"""Activity -> the verbs that mean it."""
_ACTIVITY = {verb: activity for activity, verbs in reversed(VERBS.items()) for verb in verbs.split()}
FEELINGS: dict[str, str] = {
    "happy": "happy happily smile smiles laugh laughs joy joyful glad cheerful cheerfully merrily grin grins proud delighted celebrate celebrates",
    "sad": "sad sadly cry cries weep weeps lonely alone lost grief mourn mourns sorrow tears gloomy heartbroken unhappy",
    "angry": "angry angrily furious rage mad glare glares shout shouts argue argues",
    "afraid": "afraid scared fear frightened terrified trembles hide hides flee flees nervous nervously shy worried worry worries anxious anxiously uneasy panic panics desperate storm danger",
    "surprised": "surprised gasp gasps suddenly discover discovers startled amazed astonished shocked wonder wonders",
    "tired": "tired weary exhausted yawn yawns sleepy old",
    "determined": "determined brave bravely firmly resolute fight fights confront confronts decides",
    "tender": "tender gently love loves hug hugs embrace softly kind quietly comfort comforts",
}  # fmt: skip
_FEELING = {word: feeling for feeling, words in FEELINGS.items() for word in words.split()}
_BY_BEAT = {"setup": "neutral", "turn": "surprised", "crisis": "afraid", "resolution": "happy"}
MOVING = {"walk": 1.0, "run": 2.6, "fly": 1.0, "swim": 0.8, "carry": 0.8, "ride": 1.4, "push": 0.5}
"""Activity -> its speed as a multiple of the figure's natural pace."""


def acts(brief: Brief) -> list[Act]:
    """What each of ``brief.characters`` does, in their order: the first acts, the others follow or answer."""
    words = re.findall(r"[a-z']+", brief.action.lower())
    found = [_ACTIVITY[v] for w in words for v in _stems(w) if v in _ACTIVITY]
    first = found[0] if found else "look"
    feeling = next((_FEELING[w] for w in words if w in _FEELING), _BY_BEAT.get(brief.beat, "neutral"))
    speaking = {line.character for line in brief.dialogue}
    result = []
    for n, character in enumerate(brief.characters):
        activity = first if n == 0 else _partner(first, found[1:])
        if speaking:
            activity = "talk" if character.id in speaking else ("listen" if first in ("talk", "look") or n else first)
        prop = character.look.props[0] if character.look.props else ""
        result.append(Act(activity, feeling, prop))
    return result


def _stems(word: str) -> list[str]:
    """The word, or what is left of a participle: running -> run, baking -> bake, stopped -> stop."""
    for ending in ("ing", "ed"):
        stem = word.removesuffix(ending)
        if word not in _ACTIVITY and stem != word and len(stem) > 2:
            return list(dict.fromkeys(s for s in (stem, stem + "e", stem[:-1]) if s in _ACTIVITY))[:1]
    return [word]


def _partner(first: str, others: list[str]) -> str:
    if first in MOVING or first in ("dance", "fight", "hug", "play"):
        return first
    if first in ("talk", "give", "point", "wave", "read"):
        return "listen"
    return next((act for act in others if act not in ("sleep", "fall")), "look")
