import time
from pathlib import Path

import pytest

from harness.documents import Cell, Document, Table, read_document
from harness.scoring.facts import QueryError
from harness.scoring.sql import Database, values_of

CSV = b"city,price,sold,open\nBoston,10.5,3,true\nSeattle,20.25,4,false\nBoston,,5,true\n"


@pytest.fixture(scope="module")
def database() -> Database:
    return Database([read_document(CSV, "shops.csv"), read_document(b"city,n\nRome,1\n", "other/shops.csv")])


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        ("select max(price) from shops", (20.25,)),
        ("select city, sum(sold) from shops group by city order by city", ("Boston", 8, "Seattle", 4)),
        ("with big as (select * from shops where sold > 3) select count(*) from big", (2,)),
        ("from shops_2 select city", ("Rome",)),
        ("select count(*) from shops where open", (2,)),
        ("select avg(sold)::decimal(5,2) from shops;", (4.0,)),
    ],
)
def test_values_come_from_the_documents_tables(database: Database, sql: str, values: tuple[Cell, ...]) -> None:
    assert database.values(sql) == values


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("select 1; select 2", "one select statement"),
        ("", "one select statement"),
        ("drop table shops", "not DROP"),
        ("copy shops to '/tmp/x.csv'", "not COPY"),
        ("attach '/tmp/x.db'", "not ATTACH"),
        ("install httpfs", "a select statement"),
        ("load httpfs", "a select statement"),
        ("pragma database_list", "not PRAGMA"),
        ("set enable_external_access=true", "not SET"),
        ("insert into shops values ('x', 1, 1, true)", "not INSERT"),
        ("create table t (a int)", "not CREATE"),
        ("select * from read_csv('/etc/passwd')", "disabled by configuration"),
        ("select * from read_text('/etc/passwd')", "disabled by configuration"),
        ("select * from glob('/*')", "disabled by configuration"),
        ("select * from '/etc/passwd'", "does not exist"),
        ("select * from self", "does not exist"),
        ("select nope from shops", "tables: shops(city, price, sold, open)"),
        ("select * from nowhere", "does not exist"),
        ("select city from shops where sold > 99", "no row"),
        ("select max(price) from shops where sold > 99", "NULL"),
        ("select * from range(1000)", "more than 200"),
        ("selec 1", "Parser Error"),
    ],
)
def test_what_is_no_harmless_query_is_refused(database: Database, sql: str, complaint: str) -> None:
    with pytest.raises(QueryError) as caught:
        database.values(sql)
    assert complaint in str(caught.value)


def test_an_endless_query_is_stopped(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.scoring.sql._TIME_LIMIT_S", 0.2)
    before = time.monotonic()
    with pytest.raises(QueryError, match="longer than"):
        database.values("select count(*) from range(100000000000) a, range(1000000) b")
    assert time.monotonic() - before < 3
    assert database.values("select max(sold) from shops") == (5,)


def test_mixed_columns_and_odd_names_are_loaded() -> None:
    rows: tuple[tuple[Cell, ...], ...] = ((1, "a", None, 10**30), ("x", 'q"', None, 1), (2.5, None, None, 2))
    table = Table(name='od"d', columns=("v", "v", "", "big"), rows=rows, spans=((0, 0),) * 3)
    document = Document(path="a", sha256="0", media_type="", text="", passages=(), tables=(table, table))
    database = Database([document])
    assert database.tables == {'od"d': ("v", "v_2", "column", "big"), 'od"d_2': ("v", "v_2", "column", "big")}
    assert database.values('select v from "od""d" order by 1') == ("1", "2.5", "x")


def test_a_thousand_rows_load_quickly() -> None:
    path = Path(__file__).parent.parent / "fixtures" / "products.json"
    document = read_document(path.read_bytes(), "products.json")
    Database([])  # importing duckdb is not what is measured
    before = time.monotonic()
    database = Database([document])
    assert time.monotonic() - before < 0.5
    assert database.values("select count(*) from products") == (1000,)


def test_a_value_is_computed_once_for_the_same_content() -> None:
    documents = {"shops.csv": read_document(CSV, "shops.csv")}
    first = values_of("select random() from shops limit 1", documents)
    assert values_of("select random() from shops limit 1", documents) == first


def test_documents_without_tables_say_so() -> None:
    with pytest.raises(QueryError, match="hold no tables"):
        values_of("select a from b", {"a.md": read_document(b"Some words.", "a.md")})
