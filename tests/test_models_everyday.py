"""Questions as people put them, with a story around them, to two document sets that no committed suite is about."""

import re

import pytest
from model_support import ask

from harness.documents.load import read_document

REFUSAL = "Sorry, our papers do not say."
RULE = f"Use only the papers. If they don't say, reply with the sentence '{REFUSAL}'"
PRICES = """\
item_no,article,category,day_rate,weekend_rate,deposit,weight_kg,training_needed
G-101,Rotary hammer drill,power tools,24.00,42.00,150,6.5,no
G-102,Angle grinder,power tools,14.00,25.00,80,2.4,no
G-103,Chainsaw with petrol engine,garden,39.00,70.00,250,5.8,yes
G-104,Hedge trimmer with battery,garden,18.50,33.00,100,3.9,no
G-105,Rotary tiller,garden,52.00,95.00,300,48,yes
G-106,Lawn aerator,garden,36.00,64.00,200,31,no
G-107,Wallpaper steamer,decorating,12.00,21.00,40,4.2,no
G-108,Paint sprayer,decorating,27.50,49.00,120,7.7,no
G-109,Tile cutter with water cooling,decorating,31.00,55.00,160,26,no
G-110,Scaffold tower of 4 metres,access,45.00,80.00,300,92,yes
G-111,Extension ladder,access,11.00,19.00,50,17,no
G-112,Folding ladder,access,8.00,14.00,40,12,no
G-113,Plate compactor,building,58.00,105.00,400,88,yes
G-114,Concrete mixer,building,33.00,60.00,200,56,no
G-115,Dehumidifier,building,22.00,39.00,150,29,no
G-116,Trailer with tarpaulin,transport,29.00,52.00,300,,no
G-117,Piano trolley,transport,9.50,16.00,60,21,no
G-118,Minibus,transport,,,500,,no
"""
TERMS = """\
# Hollis & Dean Tool Hire: terms for customers

Our counter in Wharf Street is staffed from 7:00 to 17:30 on weekdays and from 8:00 to 12:00 on Saturday. We are
shut on Sundays. Equipment can be dropped off in the yard box at any hour.

## Hiring

You need an identity card with photograph and a second proof of address. Hirers must be at least 21 years old,
for the minibus at least 25. A hire day lasts 24 hours from collection. The weekend rate runs from Friday 15:00
to Monday 9:00. Reservations are held for two hours after the agreed time; then the tool goes to the next
person.

Machines that need training are only handed out after a short briefing in the yard, which takes about 20 minutes
and costs nothing. Petrol is charged at £1.95 a litre if the tank is not full on return.

## Late return and damage

- Up to one hour late: no charge
- One to four hours late: half a day rate
- More than four hours late: a full day rate
- Cleaning of dirty machines: £18

Normal wear is our concern. Breakage through misuse is repaired at the hirer's expense, at £46 an hour plus
parts. Theft has to be reported to the police and to us within 24 hours. With the damage waiver, which adds 12 %
to the rate, your share in any repair is limited to £75.

## Delivery

We deliver within 15 miles for a flat £22; beyond that each mile costs £1.40. Deliveries are made before 10:00
if ordered by 14:00 the day before. Two people are needed on site to unload anything heavier than 60 kg.

## Payment

The deposit is blocked on a card, never taken in cash, and released within three working days after the return.
Trade customers with an account get 15 % off and pay by invoice within 30 days. Cancelling is free until 24
hours before the hire begins; later we keep one day rate.
"""
BOOKINGS = """\
book_ref,cottage,village,nights,arrival,guests,dogs_allowed,total_gbp,cleaning_gbp,status
B201,Fern Cottage,Ashby,7,2026-07-04,4,yes,840,45,paid
B202,Mill House,Ashby,3,2026-07-06,8,no,960,80,paid
B203,Anchor Loft,Porthmel,5,2026-07-11,2,no,510,35,deposit
B204,Fern Cottage,Ashby,4,2026-07-18,3,yes,520,45,paid
B205,Old Forge,Denwick,7,2026-07-25,6,yes,1190,60,cancelled
B206,Anchor Loft,Porthmel,7,2026-08-01,2,no,735,35,paid
B207,Mill House,Ashby,7,2026-08-01,10,no,2100,80,deposit
B208,Old Forge,Denwick,10,2026-08-08,5,yes,1650,60,paid
B209,Shepherd Hut,Denwick,2,2026-08-14,2,yes,190,,paid
B210,Fern Cottage,Ashby,14,2026-08-22,4,yes,1610,45,deposit
B211,Shepherd Hut,Denwick,3,2026-09-04,1,yes,240,20,cancelled
B212,Anchor Loft,Porthmel,4,2026-09-12,2,no,,35,deposit
"""
NOTES = """\
HOLIDAY COTTAGES - NOTES FOR GUESTS

1. ARRIVAL

Keys are in the safe beside the door from 16:00 on; the code arrives by text message on the morning of arrival.
On the day of departure, please be out by 10:00. A later departure, until 13:00, costs £25 and must be agreed
the day before.

2. HEATING AND WOOD

The stove in Fern Cottage needs dry wood only. One basket of wood is included, further baskets cost £6. The
boiler in Mill House is set to 19 degrees; guests may turn it up to 22.

3. PETS

Up to two dogs can stay where the list says so. They sleep downstairs. Each dog costs £15 a stay. Cats are not
accepted.

4. PAYMENT AND CANCELLATION

A quarter of the rent is due when booking, the rest six weeks before arrival. If you call the holiday off more
than eight weeks ahead, we return everything but £40. Between eight and four weeks you lose the deposit, after
that the whole rent. A security deposit of £100 is returned within five days of departure.

5. IN THE HOUSE

Bed linen is provided, towels are not. The wireless password is on the fridge. Rubbish is collected on Tuesdays;
bins are put out the evening before. Smoking is not allowed indoors. Cots are lent for nothing, high chairs too.
Electric cars can be charged at the Old Forge only, at 45 pence a kilowatt hour. Anything broken should be
reported to the caretaker, Mrs Ilse Pranden, before you leave. The nearest shop to the Anchor Loft is 400 metres
away.
"""
TOOLS = [read_document(PRICES.encode(), "price-sheet.csv"), read_document(TERMS.encode(), "terms.md")]
COTTAGES = [read_document(BOOKINGS.encode(), "bookings.csv"), read_document(NOTES.encode(), "notes.txt")]
TOOL_ANSWERS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("What do you charge per day for the tile cutter?",), ("31",)),
    (("I want to lay a terrace. How much is the plate compactor for a weekend?",), ("105",)),
    (("How heavy is the scaffold tower?",), ("92",)),
    (("What's G-109, and what deposit do I need for it?",), ("Tile cutter", "160")),
    (("Which article costs the most per day?",), ("[Pp]late compactor",)),
    (("How many of the tools require training?",), ("\\b4\\b",)),
    (("What would hiring a ladder that folds cost me for a day?",), ("8(\\.00)?\\b",)),
    (("Count the garden tools that cost less than £40 a day.",), ("\\b3\\b",)),
    (("What's the average deposit in the access category?",), ("130",)),
    (("Which is the heaviest thing you hire out?",), ("Scaffold|92",)),
    (("I'd need all three decorating tools for one day. What do the day rates add up to?",), ("70.5",)),
    (("Do I have to be a certain age to rent the minibus?",), ("25",)),
    (("My flight lands late. How long do you hold a reservation for me?",), ("two hours",)),
    (("I bring the tool back three hours late. What does that cost?",), ("half a day rate",)),
    (("How soon do I get my deposit back?",), ("three working days",)),
    (("How long does the briefing last?",), ("20 minutes",)),
    (("I'm a builder with an account. What discount do I get?",), ("15 ?%",)),
    (("Can I pay the deposit in cash?",), ("never taken in cash",)),
    (("My generator was stolen last night. By when must I report it?",), ("24 hours",)),
    (("Until when may I call off a booking without paying?",), ("24 hours",)),
    (("What do I pay if the machine comes back dirty?",), ("18",)),
    (("Compare the average day rate of garden tools with that of building tools.",), ("36.38", "37.67")),
    (("Is training needed for the chainsaw?",), ("yes|Yes",)),
    (("What is the day rate of the dehumidifier?", "And the concrete mixer?"), ("33",)),
    (("How many people must be there to unload a heavy machine?",), ("[Tt]wo people",)),
)
COTTAGE_ANSWERS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("How many nights is booking B208?",), ("10",)),
    (("Which bookings have been cancelled?",), ("B205", "B211")),
    (("How many bookings do we have in August?",), ("\\b5\\b",)),
    (("What is the average total for Fern Cottage?",), ("990",)),
    (("Which booking brings in the most money?",), ("B207|Mill",)),
    (("How many guests stay at Mill House in total?",), ("18",)),
    (("How many bookings are for more than a week?",), ("\\b2\\b",)),
    (("Add up the cleaning charges of the Ashby bookings.",), ("295",)),
    (("When does booking B210 arrive?",), ("2026-08-22",)),
    (("We'd like to stay a bit longer on the last day. What does a late departure cost?",), ("25",)),
    (("How warm may we set the boiler in Mill House?",), ("22",)),
    (("What do you charge for my dog?",), ("15",)),
    (("May I bring my two cats?",), ("not accepted",)),
    (("How much of the rent do I pay when I book?",), ("quarter",)),
    (("When do I get my security deposit back?",), ("five days",)),
    (("Do we need to bring our own towels?",), ("towels are not",)),
    (("When is the rubbish picked up?",), ("Tuesday",)),
    (("Where do I find the password for the wifi?",), ("fridge",)),
    (("Can we charge our electric car?",), ("Old\\s+Forge",)),
    (("How far is the next shop from the Anchor Loft?",), ("400",)),
    (("What does another basket of wood cost?",), ("6",)),
    (("How many dogs are we allowed to bring?",), ("two",)),
)
TOOL_REFUSALS = (
    "What does the minibus cost per day?",
    "How much does the trailer weigh?",
    "What is the day rate of G-130?",
    "Do you sell used tools?",
    "How many litres does the tank of the chainsaw hold?",
    "How much is a cement silo for a weekend?",
    "Who repairs the machines?",
    "What's the phone number of the counter?",
    "Why did you close the Harbour Road depot?",
    "How many times was the angle grinder hired in May?",
    "Is there a discount for pensioners?",
    "What is the monthly rate of the dehumidifier?",
    "What is the melting point of lead?",
    "When was the company founded?",
)
COTTAGE_REFUSALS = (
    "What does the cleaning of booking B209 cost?",
    "What's the total of B212?",
    "What is the total of booking B230?",
    "How many bookings do we have in November?",
    "How many bookings are there for Rose Cottage?",
    "What does a cot cost to buy?",
    "Is there a swimming pool?",
    "Who is the owner of Mill House?",
    "How far is it to the beach?",
    "What does parking cost?",
    "When was Old Forge built?",
    "Can I smoke a ham in the stove?",
    "Why was booking B207 moved?",
    "Do you have a cottage in Wales?",
    "How many bedrooms does Mill House have?",
    "What's the phone number of the caretaker?",
    "How much is a bottle of gas?",
    "How tall is the door of the Shepherd Hut?",
)
SETS = {"tools": TOOLS, "cottages": COTTAGES}
ANSWERS = [("tools", *case) for case in TOOL_ANSWERS] + [("cottages", *case) for case in COTTAGE_ANSWERS]
REFUSALS = [("tools", question) for question in TOOL_REFUSALS] + [("cottages", q) for q in COTTAGE_REFUSALS]


@pytest.mark.parametrize(("name", "turns", "facts"), ANSWERS)
def test_a_question_with_a_story_around_it_is_answered(
    name: str, turns: tuple[str, ...], facts: tuple[str, ...]
) -> None:
    text, reply = ask(SETS[name], *turns, instructions=RULE)
    assert [fact for fact in facts if not re.search(fact, text)] == [], text
    assert any(segment.cites for segment in reply.segments)


@pytest.mark.parametrize(("name", "question"), REFUSALS)
def test_what_the_papers_do_not_hold_is_refused(name: str, question: str) -> None:
    assert ask(SETS[name], question, instructions=RULE)[0] == REFUSAL
