"""The examples of the case-file reference, by the class that each shows. A test loads each as a suite."""

from collections.abc import Mapping

EXAMPLES: Mapping[str, str] = {
    "Suite": """
documents: [library.md]                     # below fixtures/
assistant:
  model: ${MODEL:-extractive}
  instructions: Answer only from the documents. Otherwise reply "Sorry, I can't find that."
refusal: Sorry, I can't find that.
tags: [library]
cases:
  - id: loan-period
    prompt: For how many days may members borrow books?
    expected_facts: [{number: 28, unit: days}]
""",
    "Assistant": """
assistant:
  name: Librarian
  model: ${MODEL:-extractive}
  instructions: {file: instructions/librarian.md}
  additional_run_instructions: Address the user as Ada.
  tools: [file_search]
  temperature: 0
""",
    "FunctionTool": """
assistant:
  tools:
    - file_search
    - function: get_loan
      description: Look up what a member has borrowed.
      parameters:
        type: object
        properties: {member: {type: string}}
        required: [member]
      output: {due: 2026-12-01}
    - function: today
      call: functions.clock:today
""",
    "FunctionChoice": """
assistant:
  tools: [{function: get_loan, output: none}]
  tool_choice: {function: get_loan}
""",
    "HostedPrompt": """
assistant:
  prompt: {id: pmpt_123, version: "3", variables: {city: Boston}}
""",
    "Variant": """
variants:
  warm: {additional_run_instructions: Be warm.}
  bare: {instructions: "", temperature: 0}
  short: {prompt_template: "Answer in one sentence. {{ prompt }}"}
""",
    "Matrix": """
matrix:
  temperature: [0, 0.7]
  tone:
    plain: {}
    warm: {additional_run_instructions: Be warm.}
  exclude: [{temperature: 0, tone: warm}]
""",
    "SharedVariants": """
variants:
  careful: {additional_run_instructions: Quote the document.}
""",
    "Case": """
documents: [library.md]
cases:
  - id: loan-period
    prompt: For how many days may members borrow books?
    expected_facts: [{number: 28, unit: days}, {not: renew}]
    cites: [library.md]
    tags: [loans]
  - id: head-librarian
    prompt: Who is the head librarian?
    expect: refuse
  - id: "fee-{{ days }}"                    # a case for each row of fees.csv, which has the columns days and fee
    for_each: fees.csv
    prompt: What does a book cost that is {{ days }} days late?
    expected_facts: [{number: "{{ fee }}", unit: USD}]
""",
    "CaseTurn": """
cases:
  - id: follow-up
    turns:
      - prompt: I want to borrow a book.     # context only
      - prompt: For how many days may I keep it?
        expected_facts: [{number: 28}]
      - prompt: And who is the head librarian?
        expect: refuse
""",
    "CoStarParts": """
cases:
  - id: notice
    prompt:
      costar:
        context: The reading room closes early on Friday.
        objective: Say when it is open on other days.
        style: A notice at the door.
        tone: Friendly.
        audience: Visitors.
        response: One sentence.
    expected_facts: ["18:00"]
""",
    "FunctionOutput": """
assistant:
  tools: [{function: get_loan, output: {due: 2026-12-01}}]
cases:
  - id: nothing-borrowed
    prompt: What have I borrowed?
    functions: {get_loan: {output: nothing}}
    expected_facts: [nothing]
""",
    "ExpectedCall": """
assistant:
  tools: [{function: get_loan, output: {due: 2026-12-01}}]
cases:
  - id: my-loan
    prompt: When is the loan of member 17 due?
    expected_calls: [{function: get_loan, arguments: {member: "17"}}]
  - id: no-call
    prompt: When are you open?
    expected_calls: []
""",
    "Xfail": """
cases:
  - id: slogan
    prompt: Invent a slogan for the library.
    expected_facts: [books]
    xfail: {model: extractive, reason: it quotes and can't invent}
""",
    "Text": """
cases:
  - id: text
    prompt: When is the reading room open?
    expected_facts: [Tuesday to Saturday, {text: "10:00", weight: 2}]
""",
    "Number": """
cases:
  - id: number
    prompt: What does a late book cost a day?
    expected_facts: [{number: 0.20, unit: USD}, {number: 8, tolerance: 0.5}]
""",
    "Date": """
cases:
  - id: date
    prompt: When was the library founded?
    expected_facts: [{date: 1911-04-03}]
""",
    "Listed": """
cases:
  - id: list
    prompt: On which days is the reading room closed?
    expected_facts: [{list: Sunday and Monday}]
""",
    "Sql": """
documents: [products.json]
cases:
  - id: sql
    prompt: What is the highest price paid for a laptop?
    expected_facts: [{sql: select max(price) from products where category = 'Laptops'}]
""",
    "Regex": """
cases:
  - id: regex
    prompt: What is the number of the form?
    expected_facts: [{regex: 'L-\\d{3}'}]
""",
    "JsonPath": """
cases:
  - id: json
    prompt: State the loan period as JSON.
    expected_facts: [{json_path: $.loan.days, equals: 28}, {json_path: "$.items[0]"}]
""",
    "MaxWords": """
cases:
  - id: length
    prompt: Sum up the rules in a sentence.
    expected_facts: [{max_words: 30}]
""",
    "Language": """
cases:
  - id: language
    prompt: Wie lange darf ich ein Buch behalten?
    expected_facts: [{language: de}]
""",
    "AnyOf": """
cases:
  - id: any
    prompt: How long may I keep a book?
    expected_facts: [{any_of: [{number: 28, unit: days}, four weeks]}]
""",
    "AllOf": """
cases:
  - id: all
    prompt: How long may I keep a book, and can I renew?
    expected_facts: [{any_of: [{all_of: [{number: 28}, twice]}, see the rules]}]
""",
    "Not": """
cases:
  - id: absent
    prompt: How long may I keep a book?
    expected_facts: [{not: {number: 14}}, {not: probably}]
""",
    "promptfoo": """
cases:
  - id: as-promptfoo
    prompt: When is the reading room open?
    expected_facts:
      - {type: contains-any, value: [Saturday, weekend]}
      - {not-icontains: sorry}
""",
}
