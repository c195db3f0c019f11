"""The little words of English (and of its neighbours), and how a text falls into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass

DETERMINERS = frozenset(
    """
    a an the his her its their my our your this that these those some each every another no
    """.split()
)
COUNTS = {
    "two": 2, "three": 3, "four": 3, "five": 3, "six": 3, "seven": 3, "both": 2, "several": 3, "many": 3, "crowd": 3,
    "pair": 2, "couple": 2, "group": 3, "dozens": 3, "hundreds": 3, "thousands": 3, "flock": 3, "herd": 3, "pack": 3,
    "gang": 3, "band": 3, "swarm": 3, "family": 3, "team": 3, "troupe": 3, "army": 3, "twelve": 3, "ten": 3,
}  # fmt: skip
"""How many are drawn for a word that counts."""
COLLECTIVE = frozenset(
    """
    crowd pair couple group flock herd pack gang band swarm family team troupe army patrol squad troop fleet choir bunch
    mob horde colony crew class dozens hundreds thousands
    """.split()
)
"""Words that count those of whom they are said ('a herd of goats'), and name no more than a sort before a noun."""
COUNTS |= {word: 3 for word in COLLECTIVE if word not in COUNTS}
SLANG = re.compile(r"\b(?:yo|lol|lmao|rofl|omg|wtf|haha+|hehe+|bruh|ngl|tbh|imo|fr|pls|plz)\b[,.!]*", re.I)
"""What is said and means nothing that could be filmed."""
STOP = DETERMINERS | frozenset(
    """
    and or but nor so yet if then than though although because since until unless while when where whenever as
    with without of in on at to from by for into onto over under near inside outside through across along around
    about against between among behind beyond beside below above before after during off out up down toward
    towards upon within via per like except despite who whom whose which what that is are was were be been being
    am has have had do does did can could will would shall should may might must it they he she them him we us you
    i me one ones not never always very too also just only even still again once ever there here now all any both
    either neither how why yes please ok okay lol make movie film
    """.split()
)
VERBISH = frozenset(
    """
    garden farm water waters field park fish fishes cook cooks guard guards dance dances play plays book train
    trains fly flies duck ducks bear bears ship ships star stars sail sails bat judge judges model models swallow
    swallows rule rules host hosts pilot pilots nurse nurses doctor coach coaches drive drives ride rides run runs
    walk walks rock rocks wave waves bridge bridges camp camps climb climbs dream dreams love loves fight fights
    fool fools spring springs place places stage stages mine mines storm storms plant plants crane cranes seal
    seals rat crow crows hawk hawks ape apes parrot bug bugs worm worms mother mothers father fathers crowd crowds
    team teams partner partners man mans boss bosses police shadow shadows tailor box boxes pot ring rings lights
    light house houses home school shelters shop shops market markets court courts harbour harbours spirit clown
    monkey race races hunt hunts wolf wolfs hound hounds dog dogs fox foxes rabbit squirrel badger badgers visit
    """.split()
)
"""Words of the lexicon that are verbs too."""
_ADJECTIVES = frozenset(
    """
    old young little big small tiny miniature huge enormous gigantic colossal tall short long fat thin slim shy brave lonely sad happy angry tired
    clumsy kind cruel wise mad blind deaf dead alive lost last first own same other only very red blue green
    yellow white black brown grey gray pink purple orange golden silver dark bright pale wild tame rich poor
    strange stubborn proud humble retired former new ancient modern medieval cold hot warm wet dry quiet loud
    noisy empty full crooked narrow wide broken secret famous unknown elderly grand great good bad evil nice sweet
    bitter rival twin mean gentle strong weak fast slow lazy busy sick injured homeless jobless hungry thirsty
    scared afraid curious grumpy greedy jealous bored mute silent giant mini teenage middle-aged female male stray
    pet wooden stone metal paper glass iron royal magic magical enchanted haunted abandoned forgotten hidden
    frozen burning flying talking singing dancing sleeping northern southern eastern western local foreign rural
    urban snowy rainy sunny foggy windy stormy misty remote distant near far deep high low late early half-built
    burnt-out one-eyed one-legged bearded bald clever stupid foolish funny serious nervous anxious calm cheerful
    gloomy reluctant ambitious failed aspiring amateur professional part-time disgraced loyal faithful orphaned
    widowed divorced pregnant newborn baby vegan gay trans robotic electric digital invisible immortal undead
    cosmic interstellar nuclear mocking right wrong final dying
    """.split()
)
_ENDINGS = re.compile(r"^[a-z-]{3,}(ful|less|ous|ish|ive|able|ible|ic|ical|ary|ese|ian|ean|ed|eyed|haired|legged)$")
_NATIONAL = frozenset(["german", "roman", "italian", "indian", "persian", "egyptian", "martian", "human"])


def ADJECTIVE(word: str) -> bool:
    """Whether a lower-case word describes what follows."""
    return (
        word in _ADJECTIVES or word in _NATIONAL or bool(_ENDINGS.match(word)) or bool(re.match(r"^\w+-\w+ed$", word))
    )


TIMES = {
    "night": "night|midnight|moonl|sleeps|starlit|nocturnal|noche|nacht|nuit|notte", "dusk": "dusk|sunset|evening|twilight",
    "dawn": "dawn|sunrise|daybreak", "morning": "morning|breakfast", "afternoon": "afternoon|tea time",
    "noon": "noon|midday|lunch",
}  # fmt: skip
WEATHERS = {
    "snow": "snow|blizzard|frost|winter|arctic|antarctic|ice\\b|christmas", "storm": "storm|thunder|lightning|hurricane|tempest",
    "rain": "rain(?!bow|forest)|drizzl|wet street|downpour|flood", "fog": "fog|mist\\b|misty|haze|smog",
    "wind": "wind\\b|windy|gale|breez|kite", "cloudy": "cloud|overcast|grey sky",
}  # fmt: skip
GENRES = {
    "noir": "noir|detective|murder|gangster|private eye|femme fatale|crime|heist|hitman",
    "fairy-tale": "fairy|once upon|princess|enchant|witch|gnome|elf\\b|elves|goblin|gingerbread",
    "documentary": "documentary|nature film|wildlife|day in the life|interview|the life of",
    "horror": "horror|haunted|vampire|zombie|scary|nightmare|creepy|terrif|werewolf",
    "science-fiction": "robot|space\\b|spaceship|spacecraft|alien|planet|future|android|astronaut|cyber|starship|mars\\b|galaxy|ai\\b|time machine|clone",
    "comedy": "slapstick|comedy|funny|clumsy|banana|silly|prank|hilarious|accidentally|chaos|rival chefs|lol\\b",
    "western": "western|cowboy|sheriff|outlaw|saloon|gunslinger",
    "history": "ancient|medieval|roman\\b|viking|\\bwar\\b|1[0-9]\\d\\d|century|samurai|egypt|pharaoh|gladiator|trenches",
    "romance": "falls? in love|romance|wedding|kiss|valentine|lovers",
    "fantasy": "dragon|wizard|fantasy|quest\\b|unicorn|knight|magic|king\\b|queen\\b|kingdom",
    "adventure": "treasure|pirate|expedition|explorer|jungle|adventure|journey|voyage|submarine|lost city",
}  # fmt: skip
LANGUAGES = {
    "English": frozenset(
        """
    the a an and of to in is with who her his on for at that from
    """.split()
    ),
    "Spanish": frozenset(
        """
    el la los las un una y de en su con que por para se al del
    """.split()
    ),
    "German": frozenset(
        """
    der die das ein eine einen und im in mit ist den dem auf von zu sie er ihr
    """.split()
    ),
    "French": frozenset(
        """
    le la les un une et de du dans son sa avec qui sur des au il elle est
    """.split()
    ),
    "Italian": frozenset(
        """
    il lo la gli un una e di in con che suo sua per nel al della è
    """.split()
    ),
    "Portuguese": frozenset(
        """
    o a os um uma e de em no na com que seu sua para ao do da
    """.split()
    ),
    "Dutch": frozenset(
        """
    de het een en van in op met die zijn haar voor naar uit te
    """.split()
    ),
}
"""Language -> its commonest little words."""
FOLK = {
    "town": "townspeople", "village": "villagers", "city": "citizens", "kingdom": "villagers", "school": "students",
    "street": "neighbours", "neighbourhood": "neighbours", "neighborhood": "neighbors", "island": "islanders",
}  # fmt: skip
"""Places that stand for their people: 'the whole town comes'."""
ALL = ("whole", "entire")


@dataclass(frozen=True)
class Word:
    """One token: a word or a mark of punctuation."""

    text: str
    low: str
    first: bool
    """It opens a sentence, so its capital says nothing."""
    start: int
    end: int


def tokenize(text: str) -> list[Word]:
    """Words and marks, with where they stand in ``text``."""
    found: list[Word] = []
    first = True
    for match in re.finditer(r"[^\W\d_][\w'’-]*|\d+|[.,;:!?…—]", text):
        said = match.group(0).replace("’", "'")
        low = said.lower()
        if low.endswith("'s"):
            low = low[:-2]
        found.append(Word(match.group(0), low or said, first, match.start(), match.end()))
        first = said in ".!?…"
    return found
