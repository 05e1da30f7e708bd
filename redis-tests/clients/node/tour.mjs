// The tour of clients/README.md with node-redis. usage: node tour.mjs HOST PORT PROTOCOL
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createClient, RESP_TYPES } from 'redis';

const [host, port, protocol] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const version = createRequire(import.meta.url)('redis/package.json').version;
const K = 10;

/** The rows of a .fbin or .ibin file as buffers. */
function read(name) {
    const raw = readFileSync(new URL(`../data/${name}`, import.meta.url));
    const [n, width] = [raw.readInt32LE(0), raw.readInt32LE(4)];
    return Array.from({ length: n }, (_, i) => raw.subarray(8 + i * width * 4, 8 + (i + 1) * width * 4));
}

const rows = read('rows.fbin');
const queries = read('queries.fbin');
const truth = read('truth.ibin').map((row) => Array.from({ length: K }, (_, i) => row.readInt32LE(i * 4)));
const dim = rows[0].length / 4;

/** Cosine distance of two rows of unit length. */
function distance(a, b) {
    let sum = 0;
    for (let i = 0; i < dim; i++) {
        sum += a.readFloatLE(i * 4) * b.readFloatLE(i * 4);
    }
    return 1 - sum;
}

const client = createClient({ socket: { host, port, connectTimeout: 30_000 }, RESP: protocol });
client.on('error', (error) => {
    throw error;
});
await client.connect();
assert.equal(await client.ping(), 'PONG');

const name = `node-${protocol}`;
const prefix = `${name}:`;
await client.ft.create(
    name,
    {
        text: 'TEXT',
        cat: 'TAG',
        num: { type: 'NUMERIC', SORTABLE: true },
        v: { type: 'VECTOR', ALGORITHM: 'HNSW', TYPE: 'FLOAT32', DIM: dim, DISTANCE_METRIC: 'COSINE', EF_RUNTIME: 64 },
    },
    { ON: 'HASH', PREFIX: prefix },
);
// Commands of one tick go out as one pipeline.
const added = await Promise.all(
    rows.map((v, i) => client.hSet(prefix + i, { text: `passage number ${i}`, cat: `c${i % 4}`, num: i, v })),
);
assert.ok(added.every((fields) => Number(fields) === 4));

/** The reply as {total, documents: [{id, value}]} in either protocol. */
function plain(reply) {
    if (reply.documents) {
        return reply;
    }
    const entries = (map) => (map instanceof Map ? Object.fromEntries(map) : map);
    const { total_results: total, results } = entries(reply);
    return {
        total,
        documents: results.map(entries).map((row) => ({ id: row.id, value: entries(row.extra_attributes) })),
    };
}

async function search(query, PARAMS, size) {
    const options = { PARAMS, RETURN: ['cat', 'num', 'd'], SORTBY: 'd', LIMIT: { from: 0, size }, DIALECT: 2 };
    return plain(await client.ft.search(name, query, options));
}

let found = 0;
const knn = await Promise.all(queries.map((q) => search('*=>[KNN 10 @v $q AS d]', { q }, K)));
knn.forEach(({ documents }, q) => {
    assert.equal(documents.length, K, `query ${q}`);
    const distances = documents.map((hit) => Number(hit.value.d));
    assert.deepEqual(distances, [...distances].sort((a, b) => a - b), `query ${q}: not nearest first`);
    assert.ok(Math.abs(distances[0] - distance(queries[q], rows[truth[q][0]])) < 1e-5, `query ${q}: nearest`);
    found += documents.filter((hit) => truth[q].includes(Number(hit.id.slice(prefix.length)))).length;
});
assert.ok(found >= 0.99 * K * queries.length, `recall ${found / (K * queries.length)}`);

const filtered = await search('(@cat:{c1} @num:[0 99])=>[KNN 5 @v $q AS d]', { q: queries[0] }, 5);
assert.equal(filtered.documents.length, 5);
assert.ok(filtered.documents.every(({ value }) => value.cat === 'c1' && Number(value.num) <= 99));

const radius = distance(queries[0], rows[truth[0][4]]) + 1e-6;
const range = '@v:[VECTOR_RANGE $r $q]=>{$YIELD_DISTANCE_AS: d; $EPSILON: 0.5}';
const within = await search(range, { r: String(radius), q: queries[0] }, 100);
assert.equal(Number(within.total), 5);

const text = plain(await client.ft.search(name, '@text:(passage 17)', { RETURN: 'num', DIALECT: 2 }));
assert.deepEqual(text.documents.map((hit) => hit.id), [`${prefix}17`]);
const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
assert.deepEqual(await bytes.hGet(`${prefix}17`, 'v'), rows[17]);
const info = await client.ft.info(name);
assert.equal(Number(info instanceof Map ? info.get('num_docs') : info.num_docs), rows.length);
const names = await client.ft._list();
assert.ok([...names].includes(name));

const nearest = prefix + truth[0][0];
assert.equal(Number(await client.del(nearest)), 1);
const left = await search('*=>[KNN 10 @v $q AS d]', { q: queries[0] }, K);
assert.ok(!left.documents.some((hit) => hit.id === nearest), 'the deleted document is still found');
await client.ft.dropIndex(name, { DD: true });
assert.equal(Number(await client.exists(`${prefix}17`)), 0);
await assert.rejects(client.ft.search(name, '*'), /no such index/i);
await client.close();
console.log(`node-redis ${version}, RESP${protocol}`);
