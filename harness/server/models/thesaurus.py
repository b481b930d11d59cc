"""Everyday English: groups of words that may stand for each other, and words that only tell the asker's story."""

import re

from harness.documents.language import listed

__all__ = ["EVERYDAY", "FAMILY", "GROUPS", "in_plain_words"]

FAMILY = listed(
    """
    mother father mum dad parent parents grandmother grandfather grandson granddaughter aunt uncle wife
    husband partner friend brother sister cousin neighbour son daughter child boss
    """
)
"""People whom a question may be about: `my sister's wedding` is not one's own."""
GROUPS: tuple[str, ...] = (
    "close closes closed shut shuts", "keep kept hold held store stored retain retained",
    "refund reimburse repay money-back release released",
    "heavy heavier heaviest weigh weighs weight kg kilo kilos kilograms", "tall taller high higher height headroom",
    "long longer length", "wide wider width broad", "deep depth", "ill sick flu unwell illness sickness cold fever",
    "call ring telephone phone", "dear dearer expensive costly pricey", "cheap cheaper inexpensive reduced",
    "cost costs price fee charge rate fare pay paid payment payable tariff", "fast faster quick quickly speed",
    "jab injection vaccination vaccine vaccinated inoculation shot", "operation surgery operated surgical",
    "fast starve starved eat eating food meal",
    "food eat meal meals feed fed sandwich sandwiches snack snacks picnic", "pause suspend suspended interrupt",
    "pregnant pregnancy", "drink drinks drinking beverage", "suitcase luggage baggage bag bags suitcases",
    "boat ship ferry vessel ships vessels", "sail sailing sailed crossing crossings sailings",
    "campervan camper van motorhome vans", "bicycle bike cycle bicycles", "electric electrical e-bike battery",
    "scooter scooters", "train rail railway", "coach bus", "car vehicle cars vehicles", "lorry truck",
    "kid kids child children daughter son minor", "baby infant toddler", "dog dogs puppy puppies poodle",
    "cat cats kitten kittens", "pet pets animal animals dog", "stitch stitches suture sutures",
    "remove removed removal out", "help assist assistance aid support",
    "tell told inform notify notice announce report reported let", "advance ahead beforehand before early",
    "cancel cancelled withdraw withdrawn", "reserve reservation book booking booked reserved bookings",
    "ticket tickets pass", "journey trip travel travelling voyage", "lost lose loses found missing", "find found",
    "thing things item items property belongings", "steal stolen theft thief",
    "break broke broken breakage damage damaged damages", "repair repaired mend fix fixed",
    "clean cleaned cleaning dirty wash", "rent hire hired renting hiring rental lease",
    "machine machines tool tools equipment device devices appliance", "return returned bring give hand handed",
    "back return returned release released", "deliver delivery delivered bring bringing deliveries",
    "discount reduction reduced concession off rebate", "age old older years aged", "member members membership",
    "helper helpers help volunteer volunteers", "boss manager supervisor leader head", "doctor physician gp",
    "note certificate", "swap exchange change swaps switch", "allow allowed permit permitted may let",
    "forbid forbidden prohibited banned", "need needs require required necessary must",
    "loud loudness decibels sound noise volume", "music sound noise", "bring carry take brought carried",
    "quiet silence silent", "hot warm heat temperature warmer", "cold cool freeze", "money cash", "card cards",
    "loan borrow lend borrowed", "evening night evenings nights", "noon midday lunchtime", "earliest first soonest",
    "last latest final", "begin start starts begins commence", "end ends finish stop",
    "duration last lasts take takes", "apply application applications enrol enroll sign-up register registration",
    "join enter entry admission enrolment", "staff employee employees worker workers colleague personnel team",
    "salary wage pay earnings", "leave holiday holidays vacation", "lightning thunderstorm storm thunder",
    "danger dangerous emergency", "shower showers wash", "toilet toilets restroom lavatory wc",
    "tent tents camping pitch", "park parking parked", "compensation compensate compensated",
    "delay delayed late lateness", "insurer insurers insurance insured", "bill billed invoice invoiced",
    "deposit deposits", "buy purchase bought purchased", "sell sold sale", "send sent mail post posted ship",
    "letter letters mail", "write written writing", "answer reply respond response", "complain complaint complaints",
    "photo photos photograph photographs picture pictures", "film video", "smoke smoking cigarette cigarettes",
    "wifi wireless internet wi-fi", "computer laptop", "key keys", "door gate gates entrance", "room rooms chamber",
    "seat seats place places", "guest guests visitor visitors", "flat apartment", "house home",
    "rubbish waste garbage trash litter", "garden yard lawn", "shoe shoes boots footwear",
    "clothes clothing dress wear", "medicine medicines drug drugs medication", "pill pills tablet tablets painkiller",
    "wound cut injury injured", "poison poisoning poisoned toxic", "water", "fire fires campfire bonfire",
    "barbecue grill barbecues", "umbrella umbrellas", "glass glasses", "accompany accompanied supervise",
    "minor minors underage", "senior seniors pensioner pensioners retired", "student students pupil",
    "teacher instructor trainer tutor", "course class lesson lessons classes courses", "meeting meet meets",
    "voucher vouchers coupon", "instalment instalments installments", "replace replaced replacement new",
    "renew renewed renewal extend extended", "often frequently regular", "weekend saturday sunday weekends",
    "close open opening closing closed", "open opening staffed manned", "weekday weekdays monday friday",
    "tuesday monday friday weekday", "wednesday monday friday weekday", "thursday monday friday weekday",
    "public bank", "maximum most limit max highest", "minimum least lowest", "limit maximum exceed",
    "share percentage percent", "person people passenger passengers", "crew staff", "captain master skipper",
    "unload unloading loading load", "heavy heavier", "building build construction",
    "briefing instruction introduction", "cancelling cancelled cancellation", "penalty fine",
    "extra additional surcharge", "shop store counter desk", "folding folds folded fold foldable",
    "spelling name misspelt", "typo mistake error", "correct correcting correction",
)  # fmt: skip
"""Words of one group may stand for each other in a question and in the sentence that answers it."""

EVERYDAY = listed(
    """
    mother father mum mom dad parent parents grandmother grandfather grandma grandpa grandson granddaughter
    aunt uncle wife husband partner friend friends family brother sister cousin neighbour neighbor boyfriend
    girlfriend yesterday today tomorrow tonight morning afternoon later soon ago recently lately next last
    month plan planning hope think thinking know wonder worried afraid unfortunately really quite rather
    pretty little bit love like want wish prefer try trying come coming came arrive go going went get
    getting got have had bring brought travel travelling live living stay staying visit visiting use using
    need needed feel feeling look looking ask asking say says said tell told hear heard read reading seem
    seems happen happened let let's put take taken took nice lovely good great big small old young new long
    short sure certain exactly actually currently normally usually generally roughly approximately
    altogether total overall single whole entire particular colleague boss client customer guest visitor
    someone anybody people person man woman thing things stuff item matter case situation question issue
    problem idea reason chance possibility way kind sort place places here there home house day days time
    times week weeks year years hour hours minute minutes once twice both together alone instead anyway per
    each every happen happens expect expected suppose supposed allowed able possible must should borrow rent
    hire wear own forgot forget forgotten show such bill says diary block rota bought ordered order trip
    journey booking due evening night morning weekend summer winter season
    """
)
"""Words with which people tell their story around a question; a document that answers need not hold them."""
_PHRASES = tuple(
    (re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), word)
    for pattern, word in (
        (r"call(?:ed|ing)?(?: it| this| that)? off", "cancel"),
        (
            (
                r"(?:(?:my|the|your|our|their|his|her) )?money back|get back(?= if| when| for| on|$)"
                r"|(?:fare|price|paid|given) back"
            ),
            "refund",
        ),
        (r"(?:get|gets|got|have) ((?:my|the|your|our) \w+) back", r"refund \1"),
        (r"(?:hand|give|bring|take|send)(?:s|ed|ing)? (?:it |them |this )?back", "return"),
        (r"without (?:paying|charge|cost)|free of charge|at no (?:cost|charge)|no charge|for nothing", "free"),
        (r"fill(?:ed|ing)? (?:in|out)", "complete"),
        (r"pick(?:ed|ing)? up", "collect"),
        (r"look(?:ed|ing)? after", "care"),
        (r"switch(?:ed|ing)? off|turn(?:ed|ing)? off", "switch"),
    )
)


def in_plain_words(text: str) -> str:
    """Put one word in the place of phrases whose parts mislead a search: `call off` is to cancel."""
    for pattern, word in _PHRASES:
        text = pattern.sub(word, text)
    return text
