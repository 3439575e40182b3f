"""The catalogues that people download, in small and invented; and the real ones if available."""
# ruff: noqa: RUF001  texts in Cyrillic and Chinese

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.cleaning import clean
from pipeline.settings import CleanSettings, SourceSettings
from pipeline.sources import open_source
from pipeline.sources.files.rows import derive_id

TMDB_FILES = {
    "tmdb-4968.parquet": 4_968,
    "tmdb-kaggle-5000.csv": 4_803,
    "tmdb-udacity-10866.csv": 10_866,
}
KAGGLE = (
    "budget,genres,id,keywords,original_language,original_title,overview,popularity,"
    "production_companies,production_countries,release_date,revenue,runtime,spoken_languages,"
    "tagline,title,vote_average,vote_count\n"
    '1000,"[{""id"": 1, ""name"": ""War""}]",5,"[{""id"": 2, ""name"": ""mine""}]",fr,Le Mur,'
    'A wall falls.,1.5,[],"[{""iso_3166_1"": ""FR"", ""name"": ""France""}]",12-10-2009,0,90.0,[],'
    ",The Wall,7.5,12\n"
)
UDACITY = (
    "id,imdb_id,popularity,budget,original_title,cast,director,keywords,overview,runtime,genres,"
    "release_date,vote_count,vote_average,release_year\n"
    "6,tt6,0.5,0,The Wall,Ann Ash|Bo Birch,Di Dale|Ed Elm,mine,A wall falls.,90,"
    "War|Drama,5/29/63,12,7.5,1963\n"
)
IMDB = (
    "movie_id,movie_name,year,certificate,runtime,genre,rating,description,director,director_id,"
    "star,star_id,votes,gross(in $)\n"
    'tt0000007,The Wall,1963,PG,142 min,"War, Drama",7.5,A wall falls.,Di Dale,/name/nm1,'
    '"Ann Ash, \nBo Birch",x,"1,234","10,000"\n'
    "tt0000008,Next,II,,,War,,Add a Plot,,,,,,\n"
)
IMDB_TOP = (
    "Poster_Link,Series_Title,Released_Year,Runtime,Genre,IMDB_Rating,Overview,Director,Star1,"
    "Star2,No_of_Votes,Gross\n"
    'x,The Wall,1963,142 min,"War, Drama",7.5,A wall falls.,Di Dale,Ann Ash,Bo Birch,1234,'
    '"10,000"\n'
)
IMDB_MILLIONS = (
    "Rank,Title,Genre,Description,Director,Actors,Year,Runtime (Minutes),Rating,Votes,"
    'Revenue (Millions)\n1,The Wall,"War,Drama",A wall falls.,Di Dale,"Ann Ash, Bo Birch",1963,142,'
    "7.5,1234,0.01\n"
)


def read(path: Path, text: str, **settings: Any) -> list[dict[str, Any]]:
    path.write_text(text, encoding="utf-8")
    chunks = open_source(f"files:{path}", SourceSettings(**settings)).read()
    movies: list[dict[str, Any]] = pa.concat_tables(c.movies for c in chunks).to_pylist()
    return movies


def test_kaggle(tmp_path: Path) -> None:
    (movie,) = read(tmp_path / "a.csv", KAGGLE)
    assert movie == {
        "movie_id": "5",
        "title": "The Wall",
        "year": 2009,
        "release_date": "2009-10-12",
        "overview": "A wall falls.",
        "tagline": None,
        "genres": ["War"],
        "keywords": ["mine"],
        "directors": None,
        "cast": None,
        "language": "fr",
        "countries": ["FR"],
        "runtime_minutes": 90.0,
        "vote_average": 7.5,
        "vote_count": 12,
        "popularity": 1.5,
        "budget_usd": 1000.0,
        "revenue_usd": None,
        "poster_path": None,
        "source": "a.csv",
        "row": 1,
    }


def test_udacity(tmp_path: Path) -> None:
    (movie,) = read(tmp_path / "a.csv", UDACITY)
    assert (movie["movie_id"], movie["year"], movie["release_date"]) == ("6", 1963, "1963-05-29")
    assert movie["cast"] == ["Ann Ash", "Bo Birch"]
    assert movie["directors"] == ["Di Dale", "Ed Elm"]
    assert movie["genres"] == ["War", "Drama"]
    assert movie["budget_usd"] is None


@pytest.mark.parametrize("text", [IMDB, IMDB_TOP, IMDB_MILLIONS])
def test_imdb(tmp_path: Path, text: str) -> None:
    movie, *rest = read(tmp_path / "a.csv", text)
    assert movie["movie_id"] == ("tt0000007" if text == IMDB else derive_id("The Wall", 1963))
    assert (movie["title"], movie["year"], movie["runtime_minutes"]) == ("The Wall", 1963, 142.0)
    assert (movie["genres"], movie["cast"]) == (["War", "Drama"], ["Ann Ash", "Bo Birch"])
    assert (movie["vote_average"], movie["vote_count"]) == (7.5, 1234)
    assert movie["revenue_usd"] == pytest.approx(10_000)
    assert [film["year"] for film in rest] == ([None] if text == IMDB else [])


def test_tmdb_api_with_credits(tmp_path: Path) -> None:
    line = (
        '{"id": 5, "title": "", "original_title": "Le Mur", "overview": "A wall.", "genres": '
        '[{"id": 1, "name": "War"}], "keywords": {"keywords": [{"name": "mine"}]}, "credits": '
        '{"cast": [{"name": "Ann"}], "crew": [{"name": "Di", "job": "Director"}, {"name": "W", '
        '"job": "Writer"}]}, "origin_country": ["FR"], "release_date": "", "poster_path": "/p.jpg"}'
    )
    (movie,) = read(tmp_path / "a.jsonl", line)
    assert (movie["title"], movie["genres"], movie["keywords"]) == ("Le Mur", ["War"], ["mine"])
    assert (movie["cast"], movie["directors"], movie["countries"]) == (["Ann"], ["Di"], ["FR"])
    assert (movie["year"], movie["poster_path"]) == (None, "/p.jpg")


def test_a_dialect_says_whose_names_come_first(tmp_path: Path) -> None:
    text = "id,movie_id,title,overview,genres\n1,9,One,A film.,War|Drama\n"
    assert read(tmp_path / "a.csv", text)[0]["movie_id"] == "9"
    assert read(tmp_path / "a.csv", text, dialect="udacity")[0]["movie_id"] == "1"


OVERVIEW = "A lighthouse keeper hides a stolen map from the smugglers who come ashore at night."
CATALOGUES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "OMDb": (
        "omdb.jsonl",
        '{"Title": "Salt Lamp", "Year": "1994\u2013", "Rated": "R", "Released": "14 Oct 1994", '
        '"Runtime": "142 min", "Genre": "Crime, Drama", "Director": "Ada Quill", "Writer": "N/A", '
        '"Actors": "Bo Lint, Cy Marr", "Plot": "' + OVERVIEW + '", "Language": "English", '
        '"Country": "USA, UK", "Poster": "https://example.org/p.jpg", "Ratings": [{"Source": '
        '"Rotten Tomatoes", "Value": "91%"}], "Metascore": "80", "imdbRating": "9.3", "imdbVotes": '
        '"2,343", "imdbID": "tt9990001", "Type": "movie", "BoxOffice": "$28,767,189"}',
        {
            "movie_id": "tt9990001",
            "year": 1994,
            "release_date": "1994-10-14",
            "runtime_minutes": 142.0,
            "genres": ["Crime", "Drama"],
            "directors": ["Ada Quill"],
            "cast": ["Bo Lint", "Cy Marr"],
            "vote_average": 9.3,
            "vote_count": 2343,
            "revenue_usd": 28_767_189.0,
            "poster_path": None,
        },
    ),
    "sample_mflix of MongoDB": (
        "movies.json",
        '{"_id": {"$oid": "573a1390f29313caabcd4135"}, "plot": "Short.", "genres": ["Short"], '
        '"runtime": {"$numberInt": "1"}, "cast": ["Bo Lint"], "title": "Salt Lamp", "fullplot": "'
        + OVERVIEW
        + '", "countries": ["USA"], "directors": ["Ada Quill"], "year": {"$numberInt": "1893"}, '
        '"rated": "UNRATED", "imdb": {"rating": 6.2, "votes": 1189, "id": 5}, "type": "movie", '
        '"tomatoes": {"viewer": {"rating": 3.0, "numReviews": 184}}}',
        {
            "movie_id": "573a1390f29313caabcd4135",
            "year": 1893,
            "runtime_minutes": 1.0,
            "vote_average": 6.2,
            "vote_count": 1189,
            "directors": ["Ada Quill"],
        },
    ),
    "Douban": (
        "douban.csv",
        "电影名,导演,主演,类型,制片国家/地区,语言,上映日期,片长,评分,评价人数,剧情简介,豆瓣链接\n"
        "Salt Lamp,张三,李四 / 王五,剧情 / 爱情,中国大陆,汉语普通话,1994-10-14(中国大陆),142分钟,"
        f'8.7,"123,456",{OVERVIEW},https://example.org/1\n',
        {
            "year": 1994,
            "release_date": "1994-10-14",
            "runtime_minutes": 142.0,
            "directors": ["张三"],
            "cast": ["李四", "王五"],
            "genres": ["剧情", "爱情"],
            "countries": ["中国大陆"],
            "vote_average": 8.7,
            "vote_count": 123_456,
        },
    ),
    "a French library": (
        "filmotheque.csv",
        "Identifiant;Titre;Titre original;Année de sortie;Réalisateur;Acteurs;Genre;Pays;Durée;"
        "Résumé;Note moyenne;Cote\n12;Salt Lamp;The Salt Lamp;1994;Ada Quill;Bo Lint, Cy Marr;"
        f"Drame;France;1h36;{OVERVIEW};3,8;DVD 12\n",
        {
            "movie_id": "12",
            "year": 1994,
            "directors": ["Ada Quill"],
            "cast": ["Bo Lint", "Cy Marr"],
            "genres": ["Drame"],
            "countries": ["France"],
            "runtime_minutes": 96.0,
            "vote_average": 3.8,
        },
    ),
    "a Russian table": (
        "фильмы.csv",
        "Название;Оригинальное название;Год выпуска;Режиссёр;В ролях;Жанр;Страна;Описание;"
        "Рейтинг IMDb;Длительность\nSalt Lamp;The Salt Lamp;1994;Ада Квилл;Бо Линт, Сай Марр;"
        f"драма, комедия;Россия;{OVERVIEW};7,8;96 мин\n",
        {
            "year": 1994,
            "directors": ["Ада Квилл"],
            "cast": ["Бо Линт", "Сай Марр"],
            "genres": ["драма", "комедия"],
            "countries": ["Россия"],
            "vote_average": 7.8,
            "runtime_minutes": 96.0,
        },
    ),
    "an Italian table": (
        "film.csv",
        "Titolo,Anno,Regia,Interpreti,Genere,Durata,Trama,Voto\n"
        f'Salt Lamp,1994,Ada Quill,"Bo Lint, Cy Marr",Drammatico,96 min,{OVERVIEW},7.5\n',
        {
            "year": 1994,
            "directors": ["Ada Quill"],
            "cast": ["Bo Lint", "Cy Marr"],
            "genres": ["Drammatico"],
            "runtime_minutes": 96.0,
            "vote_average": 7.5,
        },
    ),
    "a Spanish table": (
        "peliculas.csv",
        "Título,Año,Dirección,Reparto,Género,País,Duración,Sinopsis\n"
        f'Salt Lamp,1994,Ada Quill,"Bo Lint, Cy Marr",Drama,España,96 min,{OVERVIEW}\n',
        {"year": 1994, "directors": ["Ada Quill"], "countries": ["España"], "genres": ["Drama"]},
    ),
    "a Portuguese table": (
        "filmes.csv",
        "Título,Ano de lançamento,Diretor,Elenco,Gênero,Duração,Sinopse\n"
        f'Salt Lamp,1994,Ada Quill,"Bo Lint, Cy Marr",Drama,96 min,{OVERVIEW}\n',
        {"year": 1994, "cast": ["Bo Lint", "Cy Marr"], "runtime_minutes": 96.0},
    ),
    "Netflix": (
        "netflix_titles.csv",
        "show_id,type,title,director,cast,country,date_added,release_year,rating,duration,listed_in,"
        'description\ns1,Movie,Salt Lamp,Ada Quill,,"France, Italy","September 1, 2019",1990,PG-13,'
        f'90 min,"Dramas, Comedies",{OVERVIEW}\n'
        f"s2,TV Show,Waltz,,,,,1990,TV-MA,2 Seasons,TV Dramas,{OVERVIEW}\n",
        {
            "movie_id": "s1",
            "year": 1990,
            "release_date": None,
            "vote_average": None,
            "runtime_minutes": 90.0,
            "countries": ["France", "Italy"],
        },
    ),
    "streaming platforms": (
        "platforms.csv",
        ",ID,Title,Year,Age,IMDb,Rotten Tomatoes,Netflix,Hulu,Type,Directors,Genres,Country,"
        "Language,Runtime,Summary\n0,1,Salt Lamp,2010,13+,8.8/10,87%,1,0,0,Ada Quill,"
        f'"Action,Drama","United States,United Kingdom","English,French",148,{OVERVIEW}\n',
        {
            "movie_id": "1",
            "year": 2010,
            "vote_average": 8.8,
            "runtime_minutes": 148.0,
            "genres": ["Action", "Drama"],
        },
    ),
    "IMDb movies with scores of 0 to 100": (
        "imdb_movies.csv",
        "names,date_x,score,overview,genre,crew,orig_title,status,orig_lang,budget_x,revenue,country"
        f'\nSalt Lamp,12/15/2022 ,73.0,{OVERVIEW},"Drama, Action","Bo Lint, Adonis, Cy Marr"'
        ",Salt Lamp, Released, English,75000000.0,271616668.0,AU\n",
        {
            "year": 2022,
            "release_date": "2022-12-15",
            "vote_average": 7.3,
            "budget_usd": 75_000_000.0,
            "directors": None,
            "cast": None,
        },
    ),
    "IMDb 5000 with a plot": (
        "movie_metadata.csv",
        "color,director_name,duration,director_facebook_likes,actor_2_name,gross,genres,"
        "actor_1_name,movie_title,num_voted_users,actor_3_name,plot_keywords,movie_imdb_link,"
        "language,country,content_rating,budget,title_year,imdb_score,plot\nColor,Ada Quill,178,0,"
        "Cy Marr,760505847,Action|Drama,Bo Lint,Salt Lamp,886204,Di Nord,avatar|future,"
        "http://www.imdb.com/title/tt0499549/?ref_=fn_tt_tt_1,English,USA,PG-13,237000000,2009,7.9,"
        f"{OVERVIEW}\n",
        {
            "movie_id": "tt0499549",
            "year": 2009,
            "cast": ["Bo Lint", "Cy Marr", "Di Nord"],
            "keywords": ["avatar", "future"],
            "vote_average": 7.9,
            "revenue_usd": 760_505_847.0,
        },
    ),
    "Rotten Tomatoes": (
        "rotten_tomatoes_movies.csv",
        "rotten_tomatoes_link,movie_title,movie_info,critics_consensus,content_rating,genres,"
        "directors,actors,original_release_date,streaming_release_date,runtime,tomatometer_rating\n"
        f'm/0814255,Salt Lamp,{OVERVIEW},Fine.,PG,"Action & Adventure, Comedy",Ada Quill,"Bo Lint, '
        'Cy Marr",2010-02-12,2015-11-25,119.0,49.0\n',
        {
            "movie_id": "m/0814255",
            "release_date": "2010-02-12",
            "genres": ["Action & Adventure", "Comedy"],
            "vote_average": None,
        },
    ),
    "Wikidata": (
        "query.csv",
        "item,itemLabel,description,publicationDate,directorLabel,genreLabel,countryLabel,imdb\n"
        f"http://www.wikidata.org/entity/Q172241,Salt Lamp,{OVERVIEW},1994-10-14T00:00:00Z,"
        "Ada Quill,drama film,United States of America,tt0111161\n",
        {
            "movie_id": "tt0111161",
            "year": 1994,
            "release_date": "1994-10-14",
            "directors": ["Ada Quill"],
        },
    ),
    "Wikipedia plots": (
        "wiki_movie_plots.csv",
        "Release Year,Title,Origin/Ethnicity,Director,Cast,Genre,Wiki Page,Plot\n"
        f"1990,Salt Lamp,American,Ada Quill,Bo Lint,drama,https://example.org,{OVERVIEW}\n",
        {"year": 1990, "countries": None, "directors": ["Ada Quill"], "cast": ["Bo Lint"]},
    ),
    "plots with tags": (
        "mpst.csv",
        "imdb_id,title,plot_synopsis,tags,split,synopsis_source\n"
        f'tt0057603,Salt Lamp,{OVERVIEW},"cult, horror",train,imdb\n',
        {"movie_id": "tt0057603", "keywords": ["cult", "horror"]},
    ),
    "TVmaze": (
        "shows.jsonl",
        '{"score": 1, "show": {"id": 1, "name": "Salt Lamp", "genres": ["Drama"], "premiered": '
        '"1994-10-14", "runtime": 60, "rating": {"average": 6.5}, "language": "English", '
        '"summary": "' + OVERVIEW + '", "externals": {"imdb": "tt1553656"}}}',
        {
            "movie_id": "1",
            "year": 1994,
            "genres": ["Drama"],
            "vote_average": 6.5,
            "runtime_minutes": 60.0,
        },
    ),
    "Trakt": (
        "trakt.jsonl",
        '{"watchers": 1, "movie": {"title": "Salt Lamp", "year": 1994, "ids": {"trakt": 1, "imdb": '
        '"tt0111161", "tmdb": 278}, "overview": "' + OVERVIEW + '", "genres": ["drama"], '
        '"runtime": 142, "rating": 8.7, "votes": 12}}',
        {"movie_id": "tt0111161", "year": 1994, "vote_average": 8.7, "vote_count": 12},
    ),
    "television of TMDB": (
        "tv.jsonl",
        '{"id": 5, "name": "Salt Lamp", "first_air_date": "2001-02-03", "overview": "'
        + OVERVIEW
        + '", "genres": [{"id": 10765, "name": "Sci-Fi & Fantasy"}], "origin_country": ["GB"]}',
        {"movie_id": "5", "year": 2001, "genres": ["Sci-Fi & Fantasy"], "countries": ["GB"]},
    ),
}


@pytest.mark.parametrize("name", CATALOGUES)
def test_a_catalogue_of_another_service(tmp_path: Path, name: str) -> None:
    file, text, right = CATALOGUES[name]
    movie = read(tmp_path / file, text)[0]
    assert (movie["title"], movie["overview"]) == ("Salt Lamp", OVERVIEW)
    assert {column: movie[column] for column in right} == right


def test_the_real_catalogues_give_15802_films(test_data: Path) -> None:
    parts: list[pa.Table] = []
    for name, rows in TMDB_FILES.items():
        source = open_source(f"files:{test_data / name}", SourceSettings())
        source.check()
        chunks = list(source.read())
        assert sum(chunk.rows_in for chunk in chunks) == rows
        assert sum(chunk.rejects.num_rows for chunk in chunks) == 0
        parts.extend(chunk.movies for chunk in chunks)
    out = clean.clean(pa.concat_tables(parts), CleanSettings())
    films = set(out["movies"]["movie_id"].to_pylist())
    rejects = out["rejects"].to_pylist()
    unfit = {row["movie_id"] for row in rejects if row["reason"] != "duplicate_id"}
    assert len(films) == out["movies"].num_rows
    assert len(films | unfit) == 15_802
    # An id is lost only if none of its rows has an overview.
    assert {r["reason"] for r in rejects} == {"duplicate_id", "missing_overview"}
    assert len(unfit - films) < 40


def test_udacity_dates_are_in_the_year_of_release(test_data: Path) -> None:
    source = open_source(f"files:{test_data / 'tmdb-udacity-10866.csv'}", SourceSettings())
    for chunk in source.read():
        for year, date in zip(
            chunk.movies["year"].to_pylist(), chunk.movies["release_date"].to_pylist(), strict=True
        ):
            assert 1960 <= year <= 2015 and int(date[:4]) == year


def test_nearly_all_films_of_the_first_catalogue_are_clean(test_data: Path) -> None:
    source = open_source(f"files:{test_data / 'tmdb-4968.parquet'}", SourceSettings())
    movies = pa.concat_tables(chunk.movies for chunk in source.read())
    out = clean.clean(movies, CleanSettings())
    assert out["movies"].num_rows / 4_968 >= 0.99
    assert not any(text.startswith("[") for text in movies["keywords"].to_pylist()[0])
