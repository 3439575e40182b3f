"""Names of columns in many spellings and languages."""
# ruff: noqa: E501  a line is the names of one column

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.schemas.mining import MOVIES
from pipeline.sources.files.column_names import column_number, find_names, nearest_names, normalize

LEXICON = Path(__file__).resolve().parents[4] / "config" / "lexicon" / "columns.toml"

NAMES = {
    "title": "name movie_title primaryTitle Film Titel título Titre titolo название 片名 タイトル tytuł "
    "titel_de filmLabel movie.title originalTitle",
    "overview": "overview description plot synopsis summary storyline extract fullplot movie_info "
    "Plot_Summary Inhalt Handlung sinopsis résumé trama Sinopse описание сюжет 简介 剧情简介 あらすじ "
    "Beschreibung descripción plot_en Plot(English) Opis samenvatting _source.overview",
    "year": "Year release_year startYear Released_Year Jahr Année año Ano Anno год 年份 title_year",
    "release_date": "release_date Released first_air_date premiered Kinostart estreno 上映日期",
    "genres": "genre Genres listed_in Genre(s) genre_ids género жанр 类型 ジャンル Gattung",
    "directors": "director Directed_By Regie Réalisateur dirección Regista Режиссёр 导演 directorLabel",
    "cast": "cast Actors stars Darsteller Acteurs Reparto Interpreti актёры 主演 castMembers",
    "countries": "country production_countries Land Pays país paese страна 国家/地区 origin_country",
    "runtime_minutes": "runtime duration Laufzeit Durée duración durata продолжительность 片长 length",
    "vote_average": "vote_average imdbRating imdb.rating IMDb_Score averageRating рейтинг 评分",
    "vote_count": "imdbVotes numVotes votes No_of_Votes vote_count imdb.votes 评价人数 votos",
    "imdb_id": "imdbID imdb_id tconst IMDb_ID imdb.id",
    "tmdb_id": "tmdbId tmdb_id TMDb_ID",
    "type": "type titleType media_type Typ",
    "language": "original_language language Sprache langue idioma язык 语言",
    "keywords": "keywords plot_keywords tags Schlagwörter palabras_clave теги 关键词",
    "tagline": "tagline Slogan слоган",
    "revenue_usd": "revenue Gross box_office boxOffice worldwide_gross 票房",
}


@pytest.mark.parametrize(
    ("target", "name"),
    [(target, name) for target, names in NAMES.items() for name in names.split()],
)
def test_a_name_is_recognized(target: str, name: str) -> None:
    assert target in {like.target for like in find_names(name.replace("_", " "))}
    assert target in {like.target for like in find_names(name)}


@pytest.mark.parametrize(
    "name",
    ["", "Unnamed: 0", "index", "Rank", "#", "micro_genre", "date_added", "certificate", "Rated",
     "Meta_score", "poster", "Origin/Ethnicity", "production_companies", "spoken_languages",
     "director_facebook_likes", "user_id", "homepage", "1", "Cote"],
)  # fmt: skip
def test_a_name_that_says_nothing_of_a_film(name: str) -> None:
    assert find_names(name) == ()


@pytest.mark.parametrize(
    ("name", "target", "scale"),
    [
        ("Revenue (Millions)", "revenue_usd", 1e6),
        ("Worldwide Gross ($M)", "revenue_usd", 1e6),
        ("Budget (in thousands)", "budget_usd", 1e3),
        ("gross(in $)", "revenue_usd", 1.0),
        ("Runtime (Minutes)", "runtime_minutes", 1.0),
        ("duration_seconds", "runtime_minutes", 1 / 60),
        ("Runtime (hours)", "runtime_minutes", 60.0),
    ],
)
def test_units_of_numbers(name: str, target: str, scale: float) -> None:
    (like,) = find_names(name)
    assert like.target == target
    assert like.scale == pytest.approx(scale)


def test_a_nearer_name_comes_first() -> None:
    ranks = [find_names(name)[0].rank for name in ("overview", "fullplot", "plot", "plot_en")]
    assert ranks == sorted(ranks)


def test_the_lexicon_has_columns_of_movies_and_names_that_can_be_found() -> None:
    columns = tomllib.loads(LEXICON.read_text(encoding="utf-8"))["columns"]
    assert set(columns) == {*MOVIES.names, "imdb_id", "tmdb_id", "type"} - {"source", "row"}
    for target, lists in columns.items():
        for name in lists["names"] + lists["weak"]:
            assert normalize(name), (target, name)
            assert target in {like.target for like in find_names(name)}, (target, name)


def test_numbered_columns() -> None:
    assert column_number("Star4") == ("star", 4)
    assert column_number("genre.2") == ("genre", 2)
    assert column_number("2") is None
    assert column_number("1 of 2") is None


def test_the_nearest_name() -> None:
    assert nearest_names("Jahrgang", ["Nr", "Jahr"]) == ["Jahr"]
    assert nearest_names("xyz", ["Nr", "Jahr"]) == []


@given(st.text(max_size=60))
def test_any_name_has_one_spelling(name: str) -> None:
    assert normalize(normalize(name)) == normalize(name)
    assert find_names(name) == find_names(name.upper().lower()) or not name.isascii()
    for like in find_names(name):
        assert like.scale > 0


@pytest.mark.parametrize(
    ("header", "targets"),
    [
        ("نام فیلم|سال|کارگردان|خلاصه داستان", "title year directors overview"),
        ("اسم الفيلم|سنة الإنتاج|المخرج|القصة", "title year directors overview"),
        ("שם הסרט|שנה|במאי|תקציר", "title year directors overview"),
        ("Tên phim|Năm|Đạo diễn|Nội dung", "title year directors overview"),
        ("Cím|Év|Rendező|Leírás", "title year directors overview"),
        ("Назва|Рік|Режисер|Опис", "title year directors overview"),
        ("शीर्षक|वर्ष|निर्देशक|कहानी", "title year directors overview"),
        ("Filmtitel|Produktionsår|Regissör|Handling", "title year directors overview"),
        ("Film Adi|Yapim Yili|Yönetmen|IMDb Puani", "title year directors vote_average"),
        ("NAME|REGIONS|DOUBAN_SCORE|DOUBAN_VOTES", "title countries vote_average vote_count"),
        ("ONE-LINE|SYNOPSIS_LONG|Short synopsis|Kurztext", "overview overview overview overview"),
    ],
)
def test_headers_of_many_languages(header: str, targets: str) -> None:
    assert [find_names(name)[0].target for name in header.split("|")] == targets.split()


def test_the_date_of_a_later_release_is_not_that_of_the_film() -> None:
    assert find_names("Release Date (Streaming)") == ()
    assert find_names("Release date (Blu-ray)") == ()
    assert find_names("Release Date (Theaters)")[0].target == "release_date"


@pytest.mark.parametrize(
    ("name", "target"), [("title_s", "title"), ("plot_txt_en", "overview"), ("year_i", "year")]
)
def test_endings_of_types_of_a_search_engine(name: str, target: str) -> None:
    assert find_names(name)[0].target == target
