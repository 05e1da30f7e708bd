"""RedisVL's SearchIndex, SemanticCache and EmbeddingsCache, and LangChain's SemanticCache and VectorStore, all on hash
storage and unchanged. usage: frameworks.py HOST PORT"""

import hashlib
import struct
import sys
import time

import numpy as np
from redisvl.extensions.cache.embeddings import EmbeddingsCache
from redisvl.extensions.cache.llm import SemanticCache
from redisvl.index import SearchIndex
from redisvl.query import CountQuery, FilterQuery, RangeQuery, TextQuery, VectorQuery
from redisvl.query.filter import Num, Tag, Text
from redisvl.utils.vectorize import CustomVectorizer

import tour
from tour import check

DIM = 32


def embed(text):
    """A unit vector that only depends on the words of `text`: near for texts that share words."""
    vector = np.zeros(DIM)
    for word in text.lower().replace("?", "").split():
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "little")
        vector += np.random.default_rng(seed).standard_normal(DIM)
    return (vector / np.linalg.norm(vector)).tolist()


def search_index(url):
    index = SearchIndex.from_dict(
        {
            "index": {"name": "vl", "prefix": "vl:doc", "storage_type": "hash"},
            "fields": [
                {"name": "cat", "type": "tag"},
                {"name": "text", "type": "text"},
                {"name": "num", "type": "numeric"},
                {
                    "name": "v",
                    "type": "vector",
                    "attrs": {
                        "algorithm": "hnsw",
                        "dims": tour.DIM,
                        "datatype": "float32",
                        "distance_metric": "cosine",
                        "ef_runtime": 64,
                        "epsilon": 0.5,
                    },
                },
            ],
        },
        redis_url=url,
    )
    check(not index.exists(), "an index named vl is there already")
    index.create(overwrite=True)
    check(index.exists(), "the index was not created")
    keys = index.load([dict(tour.document(i), id=str(i)) for i in range(len(tour.ROWS))], id_field="id")
    check(len(keys) == len(tour.ROWS), "not all documents were loaded")

    def query(q, k=tour.K, where=None):
        vector = list(struct.unpack(f"<{tour.DIM}f", tour.QUERIES[q]))
        return VectorQuery(vector, "v", return_fields=["cat", "num"], num_results=k, filter_expression=where)

    found = [index.query(query(q)) for q in range(len(tour.QUERIES))]
    tour.check_knn("vl:doc:", [[(hit["id"], float(hit["vector_distance"])) for hit in hits] for hits in found])
    filtered = index.query(query(0, 5, (Tag("cat") == "c1") & (Num("num") <= 99)))
    check(len(filtered) == 5 and all(hit["cat"] == "c1" for hit in filtered), "filtered KNN")
    radius = tour.fifth_distance(0) + 1e-6
    vector = list(struct.unpack(f"<{tour.DIM}f", tour.QUERIES[0]))
    check(len(index.query(RangeQuery(vector, "v", distance_threshold=radius))) == 5, "range query")
    check(index.query(CountQuery(Num("num") < 10)) == 10, "count")
    check(len(index.query(FilterQuery(filter_expression=Text("text") % "passage", num_results=7))) == 7, "filter")
    check(index.query(TextQuery("passage 17", "text", num_results=3))[0]["id"] == "vl:doc:17", "text query")
    pages = [len(page) for page in index.paginate(FilterQuery(filter_expression=Num("num") < 25), page_size=10)]
    check(pages == [10, 10, 5], f"pages {pages}")
    info = index.info()
    check(int(info["num_docs"]) == len(tour.ROWS), "FT.INFO")
    same = SearchIndex.from_existing("vl", redis_url=url)
    check(set(same.schema.fields) == {"cat", "text", "num", "v"}, "the schema read back from FT.INFO differs")
    check(index.drop_keys("vl:doc:3") == 1, "drop_keys")
    check(index.clear() == len(tour.ROWS) - 1, "clear")
    index.delete(drop=True)
    check(not index.exists(), "the index is still there")


def semantic_cache(url):
    cache = SemanticCache(
        name="sc",
        distance_threshold=0.2,
        redis_url=url,
        vectorizer=CustomVectorizer(embed=embed),
        filterable_fields=[{"name": "who", "type": "tag"}],
        overwrite=True,
    )
    check(cache.check(prompt="what is the capital of france") == [], "an empty cache answered")
    cache.store("what is the capital of france?", "Paris", metadata={"m": 1}, filters={"who": "al"})
    cache.store("how high is mount everest", "8849 m", filters={"who": "bo"})
    hit = cache.check(prompt="what is the capital of france")
    check(hit and hit[0]["response"] == "Paris" and hit[0]["metadata"] == {"m": 1}, f"no hit: {hit}")
    check(cache.check(prompt="entirely different words here") == [], "a far prompt hit")
    check(cache.check(prompt="what is the capital of france", filter_expression=Tag("who") == "bo") == [], "filter")
    cache.store("soon gone", "x", ttl=1)
    check(cache.check(prompt="soon gone"), "the entry with a TTL is not found")
    time.sleep(1.1)
    check(cache.check(prompt="soon gone") == [], "an expired entry was returned")
    cache.update(hit[0]["key"], response="Paris, France")
    check(cache.check(prompt="what is the capital of france")[0]["response"] == "Paris, France", "update")
    cache.drop(keys=[hit[0]["key"]])
    check(cache.check(prompt="what is the capital of france") == [], "a dropped entry hit")
    cache.clear()
    cache.delete()


def embeddings_cache(url):
    cache = EmbeddingsCache(name="ec", redis_url=url, ttl=60)
    cache.set(content="hello", model_name="m", embedding=[0.5, 1.5], metadata={"a": "b"})
    check(cache.get(content="hello", model_name="m")["embedding"] == [0.5, 1.5], "embedding")
    check(cache.exists(content="hello", model_name="m"), "exists")
    cache.mset([{"content": f"c{i}", "model_name": "m", "embedding": [float(i)]} for i in range(3)])
    found = cache.mget(contents=["c0", "c2", "none"], model_name="m")
    check([entry and entry["embedding"] for entry in found] == [[0.0], [2.0], None], f"mget {found}")
    cache.drop(content="hello", model_name="m")
    check(cache.get(content="hello", model_name="m") is None, "dropped")
    cache.clear()


def langchain(url):
    try:
        from langchain_core.embeddings import Embeddings
        from langchain_core.outputs import Generation
        from langchain_redis import RedisConfig, RedisSemanticCache, RedisVectorStore
        from redisvl.query.filter import Tag as LcTag
    except ImportError as missing:
        print(f"skipped langchain-redis: {missing}")
        return

    class Words(Embeddings):
        def embed_query(self, text):
            return embed(text)

        def embed_documents(self, texts):
            return [embed(text) for text in texts]

    store = RedisVectorStore(
        Words(),
        RedisConfig(
            index_name="lc",
            redis_url=url,
            storage_type="hash",
            metadata_schema=[{"name": "cat", "type": "tag"}],
        ),
    )
    ids = store.add_texts(["red apple", "green pear", "fast car"], metadatas=[{"cat": c} for c in ("x", "x", "y")])
    check([d.page_content for d in store.similarity_search("red apple", k=1)] == ["red apple"], "similarity_search")
    with_score = store.similarity_search_with_score("fast car", k=2, filter=LcTag("cat") == "y")
    check([d.page_content for d, _ in with_score] == ["fast car"], "filtered similarity_search")
    check(len(store.get_by_ids(ids)) == 3, "get_by_ids")
    store.delete(ids[:1])
    check([d.page_content for d in store.similarity_search("red apple", k=1)] != ["red apple"], "deleted")
    store.index.delete(drop=True)

    cache = RedisSemanticCache(Words(), redis_url=url, distance_threshold=0.2, name="lsc")
    check(cache.lookup("what is redis", "llm") is None, "an empty cache answered")
    cache.update("what is redis", "llm", [Generation(text="a server")])
    check(cache.lookup("what is redis?", "llm")[0].text == "a server", "lookup")
    cache.clear()
    print("langchain-redis: VectorStore and SemanticCache on hash storage")


if __name__ == "__main__":
    address = f"redis://{sys.argv[1]}:{sys.argv[2]}"
    search_index(address)
    semantic_cache(address)
    embeddings_cache(address)
    print("RedisVL: SearchIndex, SemanticCache and EmbeddingsCache on hash storage")
    langchain(address)
