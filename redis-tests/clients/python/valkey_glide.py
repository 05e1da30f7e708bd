"""The tour with valkey-glide, which wants valkey-search's arrays over RESP3. usage: valkey_glide.py HOST PORT PROTOCOL"""

import sys

import glide_sync
from glide_sync import (
    AdvancedGlideClientConfiguration,
    FtCreateOptions,
    FtSearchOptions,
    GlideClient,
    GlideClientConfiguration,
    NodeAddress,
    ProtocolVersion,
    RequestError,
    ft,
)

import tour
from tour import check

WAIT_MILLIS = 30_000


def main(host, port, protocol):
    version = {2: ProtocolVersion.RESP2, 3: ProtocolVersion.RESP3}[protocol]
    client = GlideClient.create(
        GlideClientConfiguration(
            [NodeAddress(host, port)],
            protocol=version,
            request_timeout=WAIT_MILLIS,  # 250 by default: a busy machine may take longer for a moment.
            advanced_config=AdvancedGlideClientConfiguration(connection_timeout=WAIT_MILLIS),
        )
    )
    name, prefix = f"glide-{protocol}", f"glide-{protocol}:"
    check(client.ping() == b"PONG", "PING")
    schema = [
        glide_sync.TagField("cat"),
        glide_sync.NumericField("num"),
        glide_sync.VectorField(
            "v",
            glide_sync.VectorAlgorithm.HNSW,
            glide_sync.VectorFieldAttributesHnsw(
                dimensions=tour.DIM,
                distance_metric=glide_sync.DistanceMetricType.COSINE,
                type=glide_sync.VectorType.FLOAT32,
                vectors_examined_on_runtime=64,
            ),
        ),
    ]
    created = ft.create(client, name, schema, FtCreateOptions(glide_sync.DataType.HASH, [prefix]))
    check(created in ("OK", b"OK"), f"FT.CREATE answered {created}")
    batch = glide_sync.Batch(is_atomic=False)
    for i in range(len(tour.ROWS)):
        batch.hset(f"{prefix}{i}", {k: v if isinstance(v, bytes) else str(v) for k, v in tour.document(i).items()})
    check(client.exec(batch, True) == [4] * len(tour.ROWS), "HSET did not add four fields each")

    def search(query, params):
        total, documents = ft.search(client, name, query, FtSearchOptions(params=params))
        return total, [(key.decode(), {k.decode(): v for k, v in fields.items()}) for key, fields in documents.items()]

    def knn(q, where="*", k=tour.K):
        _, found = search(f"{where}=>[KNN {k} @v $q AS d]", {"q": tour.QUERIES[q]})
        return sorted(((key, float(fields["d"])) for key, fields in found), key=lambda hit: hit[1])

    tour.check_knn(prefix, [knn(q) for q in range(len(tour.QUERIES))])
    filtered = knn(0, "(@cat:{c1} @num:[0 99])", 5)
    check(len(filtered) == 5, f"filtered: {len(filtered)} documents")
    info = ft.info(client, name)
    check(info[b"index_name"] == name.encode() and info[b"num_docs"] == len(tour.ROWS), f"FT.INFO: {info}")
    check(name.encode() in ft.list(client), "FT._LIST")
    check(client.delete([f"{prefix}{tour.TRUTH[0][0]}"]) == 1, "DEL")
    check(f"{prefix}{tour.TRUTH[0][0]}" not in dict(knn(0)), "the deleted document is still found")
    ft.dropindex(client, name)
    try:
        ft.info(client, name)
        check(False, "the dropped index answered")
    except RequestError as error:
        check("no such index" in str(error), f"FT.INFO of the dropped index: {error}")
    client.delete([f"{prefix}{i}" for i in range(len(tour.ROWS))])
    client.close()
    print(f"valkey-glide (Python), RESP{protocol}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
