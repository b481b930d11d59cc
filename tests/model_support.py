"""Three small document sets and questions about them, for the tests of the built-in models.

The sets are about things that no committed suite is about, so that a model which knows its fixtures fails here.
"""

from collections.abc import Sequence

from harness.documents import Document
from harness.documents.language import tokens
from harness.documents.load import read_document
from harness.server.models import BUILT_IN
from harness.server.models.interface import Chunk, Conversation, Message, Reply

REFUSAL = "I'm sorry, the files do not tell me that."
INSTRUCTIONS = f'Answer from the files only. If they do not hold the answer, reply exactly "{REFUSAL}"'


class InMemorySources:
    """Sources over documents in memory, searched by shared words."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = documents

    def search(self, query: str, limit: int) -> Sequence[Chunk]:
        asked = {token.stem for token in tokens(query)}
        found = []
        for file_id, document in self.files():
            for passage in document.passages:
                shared = len(asked & {token.stem for token in tokens(passage.text)})
                if shared:
                    found.append(
                        Chunk(
                            file_id=file_id,
                            file_name=document.path,
                            text=passage.text,
                            score=shared / (shared + 1),
                            start=passage.start,
                            end=passage.end,
                        )
                    )
        return sorted(found, key=lambda chunk: -chunk.score)[:limit]

    def files(self) -> Sequence[tuple[str, Document]]:
        return [(f"file-{number}", document) for number, document in enumerate(self.documents)]


def ask(
    documents: Sequence[Document], *turns: str, model: str = "extractive", instructions: str = INSTRUCTIONS
) -> tuple[str, Reply]:
    """Hold a conversation and return the last reply, as text and whole."""
    messages: list[Message] = []
    reply, text = Reply(segments=()), ""
    for turn in turns:
        messages.append(Message(role="user", text=turn))
        conversation = Conversation(instructions=instructions, messages=tuple(messages))
        reply = BUILT_IN[model].reply(conversation, InMemorySources(documents))
        text = "".join(segment.text for segment in reply.segments)
        messages.append(Message(role="assistant", text=text))
    return text, reply


_LOANS = """\
loan_id,title,author,genre,borrower,branch,pages,loan_days,fine_eur,loaned_on
1,The Salt Road,Mara Ilves,Novel,Tom Reed,Harbour,312,21,0.00,2024-01-05
2,Bread at Home,Jon Aske,Cooking,Ana Bell,Harbour,180,14,0.50,2024-01-09
3,Stars for Beginners,Lena Voss,Science,Tom Reed,Hilltop,240,21,0.00,2024-02-11
4,The Salt Road,Mara Ilves,Novel,Ida Moss,Hilltop,312,28,1.40,2024-02-15
5,Rivers of Ash,Mara Ilves,Novel,Ben Cho,Harbour,411,14,0.00,2024-03-02
6,Garden Calendar,Otto Finn,Gardening,Ana Bell,Station,96,7,0.00,2024-03-12
7,Quantum Kitchen,Lena Voss,Science,Ida Moss,Station,198,21,2.10,2024-03-20
8,Bread at Home,Jon Aske,Cooking,Ben Cho,Hilltop,180,14,0.00,2024-04-01
9,Rivers of Ash,Mara Ilves,Novel,Ana Bell,Station,411,35,0.70,2024-04-18
10,Garden Calendar,Otto Finn,Gardening,Tom Reed,Harbour,96,7,0.00,2024-05-03
"""
_MUSEUM = """\
# Brackwater Maritime Museum: visitor guide

The museum is open Tuesday to Sunday from 10 am to 5:30 pm. On Thursdays the galleries stay open until 9 pm. It
is closed on Mondays, on 25 December and on New Year's Day.

## Tickets

| Ticket | Price | Valid |
|---|---|---|
| Adult | £12.50 | one day |
| Child (5 to 15) | £6.00 | one day |
| Family (2 adults, up to 3 children) | £31.00 | one day |
| Annual pass | £38.00 | twelve months |

Children under five enter free. Students and pensioners get 20 % off the adult price with a valid card. Tickets
bought online cannot be refunded, but the date can be changed up to 24 hours before the visit.

## The ships

The lightship *Ardent* was built in 1911 and restored between 1988 and 1993 at a cost of £1.4 million. Visitors
may board her between 11 am and 4 pm, in groups of at most 15. High heels are not allowed on deck.

The tug *Mabel* is the oldest vessel of the collection; she was launched in 1884. She is not open to visitors
because her hull is being repaired.

## Getting here

The museum stands on Customs Quay, ten minutes on foot from Brackwater station. Bus 42 stops at the gate every
20 minutes. There are 60 parking spaces; parking costs £2 an hour. Bicycles can be left in the courtyard.

## Services

- Lockers are free and take a £1 coin, which is returned.
- Dogs are not admitted, except assistance dogs.
- Wheelchairs can be borrowed at the ticket desk; call 01632 960 118 to reserve one.
- Photography without flash is allowed everywhere but in the map room.
- The Galley Café serves hot food from noon to 3 pm.

Guided tours start at 11:30 and 14:30 and last 50 minutes. A tour costs £4 per person on top of admission.
School groups book through the education officer, Priya Nand, at least three weeks ahead.
"""
_RECIPES = """\
[
 {"name": "Lentil soup", "course": "Main", "minutes": 35, "servings": 4, "vegan": true,
  "difficulty": "easy", "calories": 320},
 {"name": "Plum tart", "course": "Dessert", "minutes": 70, "servings": 8, "vegan": false,
  "difficulty": "medium", "calories": 410},
 {"name": "Beet salad", "course": "Starter", "minutes": 20, "servings": 2, "vegan": true,
  "difficulty": "easy", "calories": 180},
 {"name": "Fish pie", "course": "Main", "minutes": 65, "servings": 6, "vegan": false,
  "difficulty": "medium", "calories": 540},
 {"name": "Rice pudding", "course": "Dessert", "minutes": 45, "servings": 4, "vegan": false,
  "difficulty": "easy", "calories": 290},
 {"name": "Stuffed squash", "course": "Main", "minutes": 80, "servings": 4, "vegan": true,
  "difficulty": "hard", "calories": 360}
]"""
_SCHOOL = """\
Kitchen rules of the Orchard Street cookery school

Classes take place on Monday and Wednesday evenings from 6:30 pm to 9 pm. A class costs 45 euros, ingredients
included. A course of six classes costs 240 euros.

Please bring an apron and closed shoes. Knives are provided. Participants under 16 need to be accompanied by an adult.

If you cancel at least 48 hours before the class, you get your money back. Later cancellations are not refunded.
If we cancel, you may choose between a refund and another date.

The head teacher, Rosa Lindt, trained in Lyon and has run the school since 2009. At most 12 people take part in
a class. Allergies must be reported three days in advance.

Leftovers are divided among the participants. The dishwasher must not be opened while it runs, because the steam
is dangerous. The fridge is kept at 4 degrees.
"""

LIBRARY = (read_document(_LOANS.encode(), "loans.csv"),)
MUSEUM = (read_document(_MUSEUM.encode(), "visitor-guide.md"),)
KITCHEN = (read_document(_RECIPES.encode(), "recipes.json"), read_document(_SCHOOL.encode(), "rules.txt"))

LIBRARY_ANSWERS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("How many loans are recorded?",), (r"\b10\b",)),
    (("How many loans did the Harbour branch make?",), (r"\b4\b",)),
    (("Which author was borrowed most often?",), ("Mara Ilves",)),
    (("How many pages does Rivers of Ash have?",), ("411",)),
    (("Who wrote Garden Calendar?",), ("Otto Finn",)),
    (("What is the highest fine?",), ("2.1",)),
    (("What is the total of all fines?",), ("4.7",)),
    (("How many loans were made in March 2024?",), (r"\b3\b",)),
    (
        ("Which genres are there?",),
        (
            "Novel",
            "Gardening",
        ),
    ),
    (("How many different authors are there?",), (r"\b4\b",)),
    (("What is the average number of pages of novels?",), (r"361\.5",)),
    (
        ("Which books did Ana Bell borrow?",),
        (
            "Bread at Home",
            "Garden Calendar",
            "Rivers",
        ),
    ),
    (("How many loans were longer than 20 days?",), (r"\b5\b",)),
    (("Which branch has the most loans?",), ("Harbour",)),
    (("Did Harbour or Station have more loans?",), ("Harbour",)),
    (("What share of loans are novels?",), ("40%",)),
    (("What's the average fine by genre?",), ("Science: 1.05",)),
    (
        (
            "How many loans did Tom Reed have?",
            "And Ana Bell?",
        ),
        (r"\b3\b",),
    ),
    (
        (
            "Which book has the most pages?",
            "Who wrote it?",
        ),
        ("Mara Ilves",),
    ),
    (("How many loans were made after April 2024?",), (r"\b1\b",)),
    (("What is the genre of Quantum Kitchen?",), ("Science",)),
    (("How many books by Lena Voss were loaned?",), (r"\b2\b",)),
    (("List the branches.",), ("Hilltop",)),
)
LIBRARY_REFUSALS: tuple[str, ...] = (
    "How many loans did the Airport branch make?",
    "Who wrote The Glass Sea?",
    "What is the price of Garden Calendar?",
    "How old is Tom Reed?",
    "Which publisher issued Rivers of Ash?",
    "What is the phone number of Ana Bell?",
    "When was Rivers of Ash published?",
    "Why did Tom Reed lose his card?",
    "How many thrillers were loaned?",
    "What is the average rating of novels?",
    "Who is the librarian at Hilltop?",
    "How many loans were renewed?",
    "How many loans were made in 2019?",
    "What language is Quantum Kitchen written in?",
    "How many pages does The Salt Mine have?",
    "Summarise the plot of The Salt Road.",
)
MUSEUM_ANSWERS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("When is the museum open on Thursdays?",), ("9 pm",)),
    (("How much does an adult ticket cost?",), ("12.50",)),
    (("How much is a family ticket?",), ("31.00",)),
    (("What is the price of the annual pass?",), ("38",)),
    (("Can I get a refund for tickets bought online?",), ("cannot be refunded",)),
    (("When was the lightship Ardent built?",), ("1911",)),
    (("How much did the restoration of the Ardent cost?",), ("1.4 million",)),
    (("How many people can board the Ardent at once?",), ("15",)),
    (("Which vessel is the oldest in the collection?",), ("Mabel",)),
    (("Why is the Mabel not open to visitors?",), ("hull",)),
    (("How often does bus 42 stop at the gate?",), ("20 minutes",)),
    (("How many parking spaces are there?",), ("60",)),
    (("How much does parking cost per hour?",), ("£2",)),
    (("Are dogs allowed?",), ("not admitted",)),
    (("Where can I leave my bicycle?",), ("courtyard",)),
    (("Who do school groups book with?",), ("Priya Nand",)),
    (("How long does a guided tour last?",), ("50 minutes",)),
    (("How much does a guided tour cost?",), ("£4",)),
    (("When does the café serve hot food?",), ("noon",)),
    (("Can I take photos in the map room?",), ("map room",)),
    (("What number do I call to reserve a wheelchair?",), ("960 118",)),
    (("Is the museum open on Mondays?",), ("closed",)),
    (("When was the tug Mabel launched?",), ("1884",)),
    (
        (
            "How much is an adult ticket?",
            "And for a child?",
        ),
        ("6.00",),
    ),
    (
        (
            "When was the Ardent built?",
            "And the Mabel?",
        ),
        ("1884",),
    ),
    (("How far is the museum from the station?",), ("ten minutes",)),
)
MUSEUM_REFUSALS: tuple[str, ...] = (
    "Who built the lightship Ardent?",
    "How much does a student ticket for the planetarium cost?",
    "How many visitors come each year?",
    "Who is the director of the museum?",
    "What is the wifi password?",
    "Is there a cinema?",
    "How many members does the friends' society have?",
    "Why was the Ardent sunk in 1950?",
    "What does the audio guide cost?",
    "How long is the Mabel?",
    "When was the museum founded?",
    "How much is a ticket for seniors over 80 on Fridays?",
    "What does the lightship weigh?",
    "Who was the captain of the Mabel?",
    "Can I book a wedding at the museum?",
    "How much does bus 42 cost?",
    "What is the price of a submarine ride?",
    "Which ships does the museum plan to buy next?",
    "Why is parking free on Sundays?",
    "What time does the library open?",
)
KITCHEN_ANSWERS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("How many recipes are there?",), (r"\b6\b",)),
    (("How long does the plum tart take?",), ("70",)),
    (("Which recipe takes the longest?",), ("squash",)),
    (("How many servings does the fish pie make?",), (r"\b6\b",)),
    (
        ("Which recipes are vegan?",),
        (
            "Lentil",
            "Beet",
            "squash",
        ),
    ),
    (("How many desserts are there?",), (r"\b2\b",)),
    (("What is the average number of calories of main courses?",), ("406.67",)),
    (("Which dessert has the fewest calories?",), ("Rice pudding",)),
    (("How many recipes take less than 40 minutes?",), (r"\b2\b",)),
    (("Is the lentil soup vegan?",), ("[Yy]es",)),
    (("How difficult is the stuffed squash?",), ("hard",)),
    (("How many calories does the beet salad have?",), ("180",)),
    (("How much does a class cost?",), ("45",)),
    (("What does a course of six classes cost?",), ("240",)),
    (("When do classes take place?",), ("Monday",)),
    (("What should I bring?",), ("apron",)),
    (("Are knives provided?",), ("Knives",)),
    (("Until when can I cancel and get my money back?",), ("48 hours",)),
    (("Who is the head teacher?",), ("Rosa Lindt",)),
    (("How many people take part in a class?",), ("12",)),
    (("Why must the dishwasher not be opened while it runs?",), ("steam",)),
    (("At what temperature is the fridge kept?",), ("4 degrees",)),
    (("Do participants under 16 need an adult?",), ("accompanied",)),
    (("Since when has Rosa Lindt run the school?",), ("2009",)),
    (
        (
            "How many calories does the fish pie have?",
            "And the plum tart?",
        ),
        ("410",),
    ),
    (
        (
            "Which recipe has the most calories?",
            "How long does it take?",
        ),
        ("65",),
    ),
)
KITCHEN_REFUSALS: tuple[str, ...] = (
    "How many calories does the apple pie have?",
    "Which wine goes with the fish pie?",
    "How much sugar is in the plum tart?",
    "How many breakfast recipes are there?",
    "Who invented the lentil soup?",
    "What is the price of the stuffed squash?",
    "How long does the chicken curry take?",
    "Does the school offer online classes?",
    "What is the phone number of the school?",
    "Is parking available?",
    "Why is a class 90 euros?",
    "When does the course on pastry start?",
    "Who is the owner of the building?",
    "How much is a gift voucher?",
    "Give me a recipe for pancakes.",
    "How old is Rosa Lindt?",
)
