"""The tour with redis-py, synchronous and asynchronous. usage: redis_py.py HOST PORT PROTOCOL"""

import asyncio
import sys

import redis
import redis.asyncio
from redis.commands.search.field import NumericField, TagField, TextField, VectorField
from redis.commands.search.query import Query

try:
    from redis.commands.search.index_definition import IndexDefinition, IndexType
except ImportError:  # redis-py before 6
    from redis.commands.search.indexDefinition import IndexDefinition, IndexType

import tour
from tour import check

SCHEMA = (
    TextField("text"),
    TagField("cat"),
    NumericField("num", sortable=True),
    VectorField("v", "HNSW", {"TYPE": "FLOAT32", "DIM": tour.DIM, "DISTANCE_METRIC": "COSINE", "EF_RUNTIME": 64, "EPSILON": 0.5}),
)


def plain(reply):
    """The total and the hits as (key, fields), from a parsed Result (RESP2) or from the map itself (RESP3)."""
    if isinstance(reply, dict):
        reply = {text(k): v for k, v in reply.items()}
        rows = [{text(k): v for k, v in row.items()} for row in reply["results"]]
        fields = [{text(k): text(v) for k, v in row.get("extra_attributes", {}).items()} for row in rows]
        return reply["total_results"], [(text(row["id"]), f) for row, f in zip(rows, fields)]
    return reply.total, [(hit.id, vars(hit)) for hit in reply.docs]


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def knn(k, where="*"):
    return Query(f"{where}=>[KNN {k} @v $q AS d]").sort_by("d").paging(0, k).return_fields("num", "cat", "d").dialect(2)


def within():
    query = Query("@v:[VECTOR_RANGE $r $q]=>{$YIELD_DISTANCE_AS: d}")
    return query.sort_by("d").paging(0, 100).return_fields("d").dialect(2)


def check_filtered(reply):
    _, found = plain(reply)
    check(len(found) == 5, f"filtered: {len(found)} documents")
    for key, fields in found:
        check(fields["cat"] == "c1" and 0 <= int(fields["num"]) <= 99, f"{key} does not match the filter")


def check_range(reply, radius):
    total, found = plain(reply)
    check(total == 5 and len(found) == 5, f"range: {total} documents")
    check(all(float(fields["d"]) <= radius for _, fields in found), "range: a hit outside the radius")


def hits(reply):
    return [(key, float(fields["d"])) for key, fields in plain(reply)[1]]


def check_missing(error, name):
    check("no such index" in str(error).lower(), f"searching the dropped {name}: {error}")


def sync_tour(host, port, protocol):
    name, prefix = f"py-sync-{protocol}", f"py-sync-{protocol}:"
    client = redis.Redis(host=host, port=port, protocol=protocol)
    check(client.ping() is True, "PING")
    index = client.ft(name)
    index.create_index(SCHEMA, definition=IndexDefinition(prefix=[prefix], index_type=IndexType.HASH))
    with client.pipeline(transaction=False) as pipeline:
        for i in range(len(tour.ROWS)):
            pipeline.hset(f"{prefix}{i}", mapping=tour.document(i))
        check(pipeline.execute() == [4] * len(tour.ROWS), "HSET did not add four fields each")
    total, _ = plain(index.search(Query("*").no_content().paging(0, 0)))
    check(total == len(tour.ROWS), f"{total} of {len(tour.ROWS)} are searchable at once")

    tour.check_knn(prefix, [hits(index.search(knn(tour.K), {"q": q})) for q in tour.QUERIES])
    check_filtered(index.search(knn(5, "(@cat:{c1} @num:[0 99])"), {"q": tour.QUERIES[0]}))
    radius = tour.fifth_distance(0) + 1e-6
    check_range(index.search(within(), {"r": radius, "q": tour.QUERIES[0]}), radius)
    one = index.search(Query("@text:(passage 17)").dialect(2))
    check([key for key, _ in plain(one)[1]] == [f"{prefix}17"], "text search")
    info = {text(k): v for k, v in index.info().items()}
    check(int(info["num_docs"]) == len(tour.ROWS), "FT.INFO num_docs")

    nearest = f"{prefix}{tour.TRUTH[0][0]}"
    check(client.delete(nearest) == 1, "DEL")
    left = hits(index.search(knn(tour.K), {"q": tour.QUERIES[0]}))
    check(len(left) == tour.K and nearest not in dict(left), "the deleted document is still found")
    index.dropindex(delete_documents=True)
    check(client.exists(f"{prefix}17") == 0, "DD left a document")
    try:
        index.search(Query("*"))
        check(False, "the dropped index answered")
    except redis.ResponseError as error:
        check_missing(error, name)
    client.close()


async def async_tour(host, port, protocol):
    name, prefix = f"py-async-{protocol}", f"py-async-{protocol}:"
    client = redis.asyncio.Redis(host=host, port=port, protocol=protocol)
    check(await client.ping() is True, "PING")
    index = client.ft(name)
    await index.create_index(SCHEMA, definition=IndexDefinition(prefix=[prefix], index_type=IndexType.HASH))
    async with client.pipeline(transaction=False) as pipeline:
        for i in range(len(tour.ROWS)):
            pipeline.hset(f"{prefix}{i}", mapping=tour.document(i))
        check(await pipeline.execute() == [4] * len(tour.ROWS), "HSET did not add four fields each")

    # Side by side, so that several connections search at once.
    replies = await asyncio.gather(*(index.search(knn(tour.K), {"q": q}) for q in tour.QUERIES))
    tour.check_knn(prefix, [hits(reply) for reply in replies])
    check_filtered(await index.search(knn(5, "(@cat:{c1} @num:[0 99])"), {"q": tour.QUERIES[0]}))
    radius = tour.fifth_distance(0) + 1e-6
    check_range(await index.search(within(), {"r": radius, "q": tour.QUERIES[0]}), radius)

    nearest = f"{prefix}{tour.TRUTH[0][0]}"
    check(await client.delete(nearest) == 1, "DEL")
    left = hits(await index.search(knn(tour.K), {"q": tour.QUERIES[0]}))
    check(len(left) == tour.K and nearest not in dict(left), "the deleted document is still found")
    await index.dropindex(delete_documents=True)
    try:
        await index.search(Query("*"))
        check(False, "the dropped index answered")
    except redis.ResponseError as error:
        check_missing(error, name)
    await client.aclose()


if __name__ == "__main__":
    where = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sync_tour(*where)
    asyncio.run(async_tour(*where))
    print(f"redis-py {redis.__version__}, RESP{where[2]}, sync and async")
