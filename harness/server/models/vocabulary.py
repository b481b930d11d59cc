"""General-purpose English word lists: what means the same, and what means nothing for a search."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from harness.documents.language import listed, stem
from harness.server.models.thesaurus import EVERYDAY, GROUPS

__all__ = ["CONTEXT", "FEMALE", "LIGHT", "MALE", "PERSON_WORDS", "STATES", "akin", "cluster_of", "related", "stems_of"]


def stems_of(words: Iterable[str]) -> frozenset[str]:
    """Stem every word of a list."""
    return frozenset(stem(word) for word in words)


COLUMN_CLUSTERS: tuple[frozenset[str], ...] = tuple(
    stems_of(listed(group))
    for group in (
        (
            "price total money cost costs paid pay expensive "
            "cheap dear costly spend spent charge fee priced costing cheaper"
        ),
        "quantity qty units unit copies pieces sold sells purchased bought",
        "rating rated rate score scored stars star review reviews graded",
        "location city cities town towns place",
        "gender sex",
        "category categories type types kind kinds class",
        "genre genres",
        "date day dated when",
        "description describe described details",
        "employee employees staff worker workers headcount personnel workforce employs work works",
        "manager managers managed manages runs boss",
        "opened opening founded established launched inaugurated",
        "hours hour schedule",
        "phone telephone",
        "email mail",
        "duration length long lasts minutes longest shortest",
        "weight weigh weighs heavy heaviest lightest",
        "height tall tallest high",
        "age old oldest young youngest",
        "capacity seats seat holds",
        "author authors writer writers wrote written",
        "revenue sales turnover",
        "stock inventory",
        "visitors passengers attendance spectators",
        "delay late delayed",
        "duration minutes length long lasts",
        "area size sqm square feet footage acreage",
        "borrower borrowers member members patron patrons",
        "customer customers client clients buyer buyers consumer consumers shopper shoppers",
        "address street",
        "difficulty difficult hard easy",
        "servings serves portions portion",
        "salary salaries wage wages earn earns paid",
        "year years",
        "supplier suppliers vendor vendors supplied supplies",
        "artist artists painter painters painted sculptor",
        "title titles titled called",
    )
)
"""Words that ask for the same sort of column."""

RECORD_CLUSTERS: tuple[frozenset[str], ...] = tuple(
    stems_of(listed(group))
    for group in (
        "purchase purchased buy bought order sale sold sell transaction product item goods make made",
        "customer customers consumer consumers buyer buyers shopper shoppers client clients people person gender",
        "loan loans loaned lent lend borrow borrowed borrowing",
        "employee employees staff people person worker workers work works working employ employs employed",
        "store stores shop shops branch branches outlet outlets",
        "visit visits visitor visitors visited",
        "book books title titles",
        "recipe recipes dish dishes",
    )
)
"""Words for what a record stands for; a table whose name or columns use one of a group answers to all of it."""

SYNONYMS: tuple[frozenset[str], ...] = tuple(
    stems_of(listed(group))
    for group in (
        "buy purchase bought order acquire",
        "cost price fee charge costs priced paid pay payable payment",
        "refund reimburse reimbursement reimbursed repay refunded",
        "return returned returning",
        "begin start commence started starts",
        "end finish stop expire expires",
        "allow permit allowed permitted may",
        "forbid forbidden prohibit prohibited banned",
        "vacation holiday holidays leave pto",
        "employee staff worker employees workers team",
        "boss manager supervisor managers",
        "salary wage pay",
        "phone telephone call",
        "email e-mail mail",
        "repair fix repaired mend repairs",
        "broken defective faulty defect damaged fault damage",
        "replace replacement exchange swap replaced",
        "warranty guarantee guaranteed warrantied",
        "ship deliver delivery shipping shipped delivered dispatch postage",
        "cancel cancellation terminate cancelled",
        "laptop notebook",
        "television tv televisions tvs",
        "smartphone phone smartphones",
        "refrigerator fridge",
        "bike bicycle",
        "car vehicle automobile",
        "child children kid kids minor minors",
        "adult adults grown-ups",
        "ticket admission entry entrance tickets",
        "free complimentary gratis",
        "discount rebate concession",
        "photo photograph photography pictures photos picture photographs",
        "cafe restaurant cafeteria",
        "toilet restroom bathroom lavatory",
        "park parking",
        "dog dogs pet pets",
        "wheelchair accessible step-free",
        "remote remotely home telework telecommute",
        "sick sickness illness ill",
        "notice notify notified inform",
        "claim file submit request lodge apply report",
        "deadline due latest",
        "limit maximum max cap most limited",
        "minimum min least",
        "renew renewal extend extension renewed extended",
        "late overdue delay delayed",
        "fine penalty fines",
        "open opening opens hours",
        "close closing closes closed shut",
        "probation probationary trial",
        "bonus reward incentive",
        "train training course courses",
        "contact reach",
        "lose lost loss",
        "join joining hire hired hires",
        "quit resign resignation leaving",
        "retire retirement pension",
        "maternity parental paternity",
        "overtime extra",
        "bake baking baked oven",
        "mile mileage miles",
        "box packaging package packaged",
        "receipt invoice proof",
        "approve approval approved authorise authorize sign grant granted",
        "leave left",
        "fly flight flights air",
        "lead led",
        "build built",
        "sell sold",
        "send sent",
        "hold held",
        "write wrote written",
        "run ran",
        "loan lend lent loaned borrow borrowed",
        "decide decision decides",
        "store shop branch outlet",
        "guest visitor visitors guests",
        "store keep kept stored storage",
        "temperature degrees hot",
        "cook cooked cooking",
        "size large big",
        "shoe shoes footwear",
        "locker lockers cloakroom",
        "member membership members",
        "password passphrase passwords",
        "computer device computers",
        "company firm employer organisation organization business",
        "monthly month months",
        "yearly annual annually year years",
        "weekly week weeks",
        "daily day days",
        "hourly hour hours",
        "percentage percent %",
        "earliest first",
        "founded established began",
        "located location address",
        "buyer customer client consumer",
        "supervise supervision accompanied",
        "wage salary",
        "travel trip travelling",
        "expense expenses",
        "meal meals food",
        "check-in arrival",
        "check-out departure",
        "reserve reservation book booking booked reservations",
        "own bring",
        "new first",
        "person people individual",
        "reply respond response answer responds",
        "urgent emergency priority",
        "reset restore",
        "support help assistance helpdesk",
        "cover covered coverage covers include included",
        "exclude excluded exclusion void",
        "battery batteries",
        "accident accidental",
    )
)
"""Words that may stand for each other in a question and in the sentence that answers it."""

LIGHT: frozenset[str] = stems_of(
    listed(
        """
        find know show list name called call explain describe provide state mention mentioned according accord
        happen happens work works take takes taken use used using want wants like make makes made go goes going come
        put keep long far often soon fast quickly exactly currently usually normally typically possible able available
        allowed expected supposed apply applies applied offer offers offered receive receives received entitled
        eligible required require requires necessary mean means stand kind type sort way thing things case
        document documents policy policies guide handbook file data dataset table information knowledge base manual
        detail details question answer rule rules section text company new different various several total overall
        time times number amount many much day date there hello hi thanks thank okay ok sir madam someone somebody
        people person customer customers user users look looking help please current actual general high big large money
        days week weeks month months year years
        also else both first second per each maximum minimum limit period length full whole entire
        join joins window
        wonder wondering curious understand sure whether last lasts valid good bad must should what's when's
        """
    )
)
"""Stems of words whose absence from a sentence does not make it a worse answer."""

PERSON_WORDS: frozenset[str] = stems_of(
    listed(
        "who person manager director officer team department head lead supervisor staff curator librarian owner author "
        "teacher coordinator representative agent chef ranger committee hr desk partner"
    )
)
"""Stems that a sentence about a person or a body of people is likely to hold."""

STATES: Mapping[str, str] = dict(
    re.findall(
        r"(\w+):([^|]+)",
        "AL:Alabama|AK:Alaska|AZ:Arizona|AR:Arkansas|CA:California|CO:Colorado|CT:Connecticut|DE:Delaware|FL:Florida|"
        "GA:Georgia|HI:Hawaii|ID:Idaho|IL:Illinois|IN:Indiana|IA:Iowa|KS:Kansas|KY:Kentucky|LA:Louisiana|ME:Maine|"
        "MD:Maryland|MA:Massachusetts|MI:Michigan|MN:Minnesota|MS:Mississippi|MO:Missouri|MT:Montana|NE:Nebraska|"
        "NV:Nevada|NH:New Hampshire|NJ:New Jersey|NM:New Mexico|NY:New York|NC:North Carolina|ND:North Dakota|OH:Ohio|"
        "OK:Oklahoma|OR:Oregon|PA:Pennsylvania|RI:Rhode Island|SC:South Carolina|SD:South Dakota|TN:Tennessee|TX:Texas|"
        "UT:Utah|VT:Vermont|VA:Virginia|WA:Washington|WV:West Virginia|WI:Wisconsin|WY:Wyoming",
    )
)
"""The states of the USA by their postal codes."""

FEMALE: frozenset[str] = listed("f female females woman women lady ladies girl girls")
MALE: frozenset[str] = listed("m male males man men gentleman gentlemen boy boys")


_AKIN = tuple(stems_of(listed(group)) for group in GROUPS)
CONTEXT: frozenset[str] = LIGHT | stems_of(EVERYDAY)
"""Stems of words that a question may hold without the answer holding them."""


@lru_cache(maxsize=4096)
def related(word: str) -> frozenset[str]:
    """Return the stems that may stand for a stem, itself included."""
    groups = [group for group in SYNONYMS if word in group]
    return frozenset({word}).union(*groups)


@lru_cache(maxsize=4096)
def akin(word: str) -> frozenset[str]:
    """Return the stems that may stand for a stem in everyday speech, itself included: more than `related` does."""
    return related(word).union(*(group for group in _AKIN if word in group))


@lru_cache(maxsize=4096)
def cluster_of(word: str) -> frozenset[str]:
    """Return the stems that ask for the same sort of column as a stem, itself included."""
    return frozenset({word}).union(*(group for group in COLUMN_CLUSTERS if word in group))
