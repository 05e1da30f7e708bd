/*
 * The walk through a graph in C: what io.nuthatch.engine.hnsw.Walk does by codes of 8 and 4 bits, with the misses
 * of a hop's rows overlapped by prefetches, which Java has not, and with the machine's dot product of bytes, which
 * its vector API has not. The answers are the Java walk's, bit for bit: dot products are exact integers, and what
 * is made of them is the same float operations in the same order (hence -ffp-contract=off).
 *
 * Memory is Java's. `struct walk` is described by io.nuthatch.engine.kernel.WalkBlock, which has the same offsets,
 * and its tables by io.nuthatch.engine.memory.RecordTable. Nothing is allocated, kept or freed here, and no thread
 * is known: a caller has its own walk, pool and marks, and stands in the index's reclaim epoch, so that nothing it
 * can reach is freed. Lists of links change while they are read. Each int of them is read once, with acquire, the
 * partner of the release that published it; it is the end, or a node whose row was written before. What a list
 * names beyond the marks or the tables, as they were when the walk began, did not exist then and is passed over.
 *
 * A call does a bounded number of distances and returns, to be called again: the JVM waits for it when it wants
 * all threads to stop.
 *
 * The file needs nothing but a C11 compiler that knows __builtin_cpu_supports and function attributes (gcc, clang);
 * kernels for newer machines are compiled beside the plain one and picked at run time.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#endif

#define EXPORT __attribute__((visibility("default")))
#define LINE 64
#define HEADER 64          /* Bytes before the lanes of a prepared query. */
#define BATCH_MAX 2048     /* Links of two nodes on layer 0 with the largest M; Searcher.BATCH_MAX. */
#define LANES_MAX 32768    /* Components of a vector. */
#define LINES_AHEAD 128    /* Cache lines of rows that are prefetched before the first of a batch is compared. */
#define EXPANDED 1         /* Bit of a key in the pool: its node's links were looked at. */
#define STATE_LIVE 3       /* Greatest state that a search may return, of a linked node. */
#define UNIT_HEADER 8      /* Bytes before the links of a unit of io.nuthatch.engine.hnsw.Towers. */

enum level { PLAIN = 1, LEVEL_AVX2 = 2, LEVEL_AVX512 = 3 };
enum kind { SQ8 = 0, SQ4 = 1, KINDS = 2 };

/* Records of one size, in granules of 2^shift of them; a granule that does not exist is 0 in the directory. */
struct table {
    const int64_t *directory;
    int64_t granules;
    int64_t shift;
    int64_t record_bytes;
};

struct walk {
    struct table links;   /* Lists of layer 0, by node: ints, node + 1, ended by 0 or their capacity. */
    struct table towers;  /* An int by node: 1 + the first unit of its tower. */
    struct table units;   /* Lists of the layers above, see Towers. */
    struct table rows;    /* Codes. */
    struct table sides;   /* Two floats by node, where they are not in the rows. */
    struct table states;  /* A byte by node. */
    const uint8_t *query; /* As CodeKernel describes it: int bias, float b, lanes from byte 64 on. */
    int8_t *lanes;        /* Where the query's lanes are put as bytes, in the order of the codes. */
    uint8_t *marks;       /* A byte by node: the stamp of the walk that saw it last. */
    int64_t marked;       /* Nodes that have one. */
    int64_t row_bytes;    /* Whole lines. */
    int64_t side_offset;  /* Of the side values in the row; negative: in their table. */
    float factor;
    int32_t kind;
    int32_t level;
    int32_t is_fresh;     /* The query's lanes are not yet bytes. */
    int32_t stamp;
    int32_t capacity;     /* Links of a list on layer 0. */
    int32_t upper_capacity;
    int32_t budget;       /* Distances after which a call returns. */
    int32_t distances;    /* Out: distances of this call. */
    int32_t ef;
    int32_t size;         /* Of the pool, in and out. */
    int32_t next;         /* First of the pool that may not be expanded yet, in and out. */
    int32_t heap_size;    /* In and out. */
    int32_t seen;         /* Out: of the distances, those of nodes that pass. */
    int32_t filter_words; /* Negative without a filter. */
    int32_t expansions;   /* Nodes that may still be expanded, in and out. */
};

/* Of WalkBlock. */
_Static_assert(offsetof(struct walk, query) == 192 && offsetof(struct walk, factor) == 240, "a field moved");
_Static_assert(offsetof(struct walk, stamp) == 256 && offsetof(struct walk, filter_words) == 296, "a field moved");

/* The nodes that are compared together. */
struct batch {
    const uint8_t *rows[BATCH_MAX];
    uint32_t nodes[BATCH_MAX];
    float values[BATCH_MAX];
};

/* values[i] becomes the float of 2 * dot(lanes, row i) - bias. */
typedef void score_rows(const struct walk *w, const uint8_t *const *rows, int count, float *values);

static inline const uint8_t *record(const struct table *t, uint32_t index)
{
    int64_t granule = index >> t->shift;
    if (granule >= t->granules)
        return 0;
    int64_t start = t->directory[granule];
    return start ? (const uint8_t *)start + (index & ((1u << t->shift) - 1)) * t->record_bytes : 0;
}

/* gcc takes a function that only prefetches for one without effect and leaves the calls out, unless it has to put its
 * body in their place. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

static ALWAYS_INLINE void prefetch_row(const uint8_t *row, int64_t bytes)
{
    for (int64_t i = 0; i < bytes; i += LINE)
        __builtin_prefetch(row + i);
}

/* The same in rows. More than the machine has buffers for: it waits for them, but never for a row. */
static inline int rows_ahead(const struct walk *w)
{
    int64_t rows = LINES_AHEAD * LINE / w->row_bytes;
    return rows < 4 ? 4 : (int)rows;
}

static inline int32_t bias(const struct walk *w)
{
    int32_t value;
    memcpy(&value, w->query, sizeof value);
    return value;
}

static inline float query_b(const struct walk *w)
{
    float value;
    memcpy(&value, w->query + 4, sizeof value);
    return value;
}

/* ---- Dot products ---- */

static void sq8_plain(const struct walk *w, const uint8_t *const *rows, int count, float *values)
{
    const int8_t *lanes = w->lanes;
    const int ahead = rows_ahead(w);
    for (int i = 0; i < count; i++) {
        int32_t sum = 0;
        if (i + ahead < count)
            prefetch_row(rows[i + ahead], w->row_bytes);
        for (int64_t j = 0; j < w->row_bytes; j++)
            sum += rows[i][j] * lanes[j];
        values[i] = (float)(2 * sum - bias(w));
    }
}

static void sq4_plain(const struct walk *w, const uint8_t *const *rows, int count, float *values)
{
    const int ahead = rows_ahead(w);
    for (int i = 0; i < count; i++) {
        const int8_t *lanes = w->lanes;
        int32_t sum = 0;
        if (i + ahead < count)
            prefetch_row(rows[i + ahead], w->row_bytes);
        for (int64_t j = 0; j < w->row_bytes; j += LINE, lanes += 2 * LINE)
            for (int k = 0; k < LINE; k++)
                sum += (rows[i][j + k] & 15) * lanes[k] + (rows[i][j + k] >> 4) * lanes[LINE + k];
        values[i] = (float)(2 * sum - bias(w));
    }
}

#if defined(__x86_64__)

AVX2 static inline int32_t total_256(__m256i sums)
{
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1));
    return _mm_cvtsi128_si32(half);
}

/* Two products of 255 and 64 are added in 16 bits, which they fit: nothing saturates. */
AVX2 static void sq8_avx2(const struct walk *w, const uint8_t *const *rows, int count, float *values)
{
    const __m256i ones = _mm256_set1_epi16(1);
    const int ahead = rows_ahead(w);
    for (int i = 0; i < count; i++) {
        __m256i even = _mm256_setzero_si256(), odd = even;
        if (i + ahead < count)
            prefetch_row(rows[i + ahead], w->row_bytes);
        for (int64_t j = 0; j < w->row_bytes; j += LINE) {
            __m256i pairs = _mm256_maddubs_epi16(_mm256_loadu_si256((const void *)(rows[i] + j)),
                                                 _mm256_loadu_si256((const void *)(w->lanes + j)));
            even = _mm256_add_epi32(even, _mm256_madd_epi16(pairs, ones));
            pairs = _mm256_maddubs_epi16(_mm256_loadu_si256((const void *)(rows[i] + j + 32)),
                                         _mm256_loadu_si256((const void *)(w->lanes + j + 32)));
            odd = _mm256_add_epi32(odd, _mm256_madd_epi16(pairs, ones));
        }
        values[i] = (float)(2 * total_256(_mm256_add_epi32(even, odd)) - bias(w));
    }
}

AVX2 static void sq4_avx2(const struct walk *w, const uint8_t *const *rows, int count, float *values)
{
    const __m256i ones = _mm256_set1_epi16(1), low = _mm256_set1_epi8(15);
    const int ahead = rows_ahead(w);
    for (int i = 0; i < count; i++) {
        __m256i sums = _mm256_setzero_si256();
        if (i + ahead < count)
            prefetch_row(rows[i + ahead], w->row_bytes);
        for (int64_t j = 0; j < w->row_bytes; j += 32) {
            const int8_t *lanes = w->lanes + 2 * (j & -LINE) + (j & 32);
            __m256i codes = _mm256_loadu_si256((const void *)(rows[i] + j));
            __m256i pairs = _mm256_add_epi16(
                _mm256_maddubs_epi16(_mm256_and_si256(codes, low), _mm256_loadu_si256((const void *)lanes)),
                _mm256_maddubs_epi16(_mm256_and_si256(_mm256_srli_epi16(codes, 4), low),
                                     _mm256_loadu_si256((const void *)(lanes + LINE))));
            sums = _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, ones));
        }
        values[i] = (float)(2 * total_256(sums) - bias(w));
    }
}

/* The totals of four vectors of 16 ints. */
AVX512 static inline __m128i totals_512(__m512i a, __m512i b, __m512i c, __m512i d)
{
    __m256i a2 = _mm256_add_epi32(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));
    __m256i b2 = _mm256_add_epi32(_mm512_castsi512_si256(b), _mm512_extracti64x4_epi64(b, 1));
    __m256i c2 = _mm256_add_epi32(_mm512_castsi512_si256(c), _mm512_extracti64x4_epi64(c, 1));
    __m256i d2 = _mm256_add_epi32(_mm512_castsi512_si256(d), _mm512_extracti64x4_epi64(d, 1));
    __m256i all = _mm256_hadd_epi32(_mm256_hadd_epi32(a2, b2), _mm256_hadd_epi32(c2, d2));
    return _mm_add_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
}

AVX512 static inline __m128 code_values(__m128i dots, int32_t bias)
{
    return _mm_cvtepi32_ps(_mm_sub_epi32(_mm_add_epi32(dots, dots), _mm_set1_epi32(bias)));
}

/* One after the other, row 0 stands in for what is missing of the last four: it is in the cache by then. */
AVX512 static void sq8_avx512(const struct walk *w, const uint8_t *const *rows, int count, float *values)
{
    const int64_t n = w->row_bytes;
    const int8_t *lanes = w->lanes;
    const int ahead = rows_ahead(w);
    for (int i = 0; i < count; i += 4) {
        for (int p = i + ahead; p < i + ahead + 4 && p < count; p++)
            prefetch_row(rows[p], n);
        const uint8_t *r0 = rows[i], *r1 = rows[i + 1 < count ? i + 1 : i];
        const uint8_t *r2 = rows[i + 2 < count ? i + 2 : i], *r3 = rows[i + 3 < count ? i + 3 : i];
        __m512i s0 = _mm512_setzero_si512(), s1 = s0, s2 = s0, s3 = s0;
        for (int64_t j = 0; j < n; j += LINE) {
            __m512i q = _mm512_loadu_si512(lanes + j);
            s0 = _mm512_dpbusd_epi32(s0, _mm512_loadu_si512(r0 + j), q);
            s1 = _mm512_dpbusd_epi32(s1, _mm512_loadu_si512(r1 + j), q);
            s2 = _mm512_dpbusd_epi32(s2, _mm512_loadu_si512(r2 + j), q);
            s3 = _mm512_dpbusd_epi32(s3, _mm512_loadu_si512(r3 + j), q);
        }
        __mmask8 present = count - i >= 4 ? 15 : (1 << (count - i)) - 1;
        _mm_mask_storeu_ps(values + i, present, code_values(totals_512(s0, s1, s2, s3), bias(w)));
    }
}

AVX512 static inline __m512i add_halves(__m512i sum, const uint8_t *row, __m512i low, __m512i even, __m512i odd)
{
    __m512i codes = _mm512_loadu_si512(row);
    sum = _mm512_dpbusd_epi32(sum, _mm512_and_si512(codes, low), even);
    return _mm512_dpbusd_epi32(sum, _mm512_and_si512(_mm512_srli_epi16(codes, 4), low), odd);
}

AVX512 static void sq4_avx512(const struct walk *w, const uint8_t *const *rows, int count, float *values)
{
    const int64_t n = w->row_bytes;
    const int8_t *lanes = w->lanes;
    const int ahead = rows_ahead(w);
    const __m512i low = _mm512_set1_epi8(15);
    for (int i = 0; i < count; i += 4) {
        for (int p = i + ahead; p < i + ahead + 4 && p < count; p++)
            prefetch_row(rows[p], n);
        const uint8_t *r0 = rows[i], *r1 = rows[i + 1 < count ? i + 1 : i];
        const uint8_t *r2 = rows[i + 2 < count ? i + 2 : i], *r3 = rows[i + 3 < count ? i + 3 : i];
        __m512i s0 = _mm512_setzero_si512(), s1 = s0, s2 = s0, s3 = s0;
        for (int64_t j = 0; j < n; j += LINE) {
            __m512i even = _mm512_loadu_si512(lanes + 2 * j), odd = _mm512_loadu_si512(lanes + 2 * j + LINE);
            s0 = add_halves(s0, r0 + j, low, even, odd);
            s1 = add_halves(s1, r1 + j, low, even, odd);
            s2 = add_halves(s2, r2 + j, low, even, odd);
            s3 = add_halves(s3, r3 + j, low, even, odd);
        }
        __mmask8 present = count - i >= 4 ? 15 : (1 << (count - i)) - 1;
        _mm_mask_storeu_ps(values + i, present, code_values(totals_512(s0, s1, s2, s3), bias(w)));
    }
}

static score_rows *const SCORES[KINDS][LEVEL_AVX512 + 1] = {
    [SQ8] = {sq8_plain, sq8_plain, sq8_avx2, sq8_avx512},
    [SQ4] = {sq4_plain, sq4_plain, sq4_avx2, sq4_avx512},
};

#else

static score_rows *const SCORES[KINDS][LEVEL_AVX512 + 1] = {
    [SQ8] = {sq8_plain, sq8_plain, sq8_plain, sq8_plain},
    [SQ4] = {sq4_plain, sq4_plain, sq4_plain, sq4_plain},
};

#endif

/* The query's shorts, line by line (and in a line every second or fourth component first), as bytes in the order
 * of the codes: of 4 bits, those of the lower halves of a line's bytes, then those of the upper ones. */
static void narrow_lanes(struct walk *w)
{
    if (!w->is_fresh)
        return;
    w->is_fresh = 0;
    const int16_t *shorts = (const int16_t *)(w->query + HEADER);
    int8_t *lanes = w->lanes;
    for (int64_t j = 0; j < w->row_bytes; j += LINE) {
        if (w->kind == SQ8) {
            for (int k = 0; k < LINE / 2; k++) {
                lanes[2 * k] = (int8_t)shorts[k];
                lanes[2 * k + 1] = (int8_t)shorts[32 + k];
            }
            shorts += LINE;
            lanes += LINE;
        } else {
            for (int k = 0; k < LINE / 2; k++) {
                lanes[2 * k] = (int8_t)shorts[k];
                lanes[2 * k + 1] = (int8_t)shorts[64 + k];
                lanes[LINE + 2 * k] = (int8_t)shorts[32 + k];
                lanes[LINE + 2 * k + 1] = (int8_t)shorts[96 + k];
            }
            shorts += 2 * LINE;
            lanes += 2 * LINE;
        }
    }
}

/* ---- Nodes and keys ---- */

/* Puts the links of a list at the end of the nodes, and returns how many there are then. */
static inline int add_links(const int32_t *list, int capacity, uint32_t *nodes, int count)
{
    for (int i = 0; list && i < capacity; i++) {
        int32_t link = __atomic_load_n(list + i, __ATOMIC_ACQUIRE);
        if (link <= 0)
            break;
        nodes[count++] = (uint32_t)link - 1;
    }
    return count;
}

/* As add_links, for those on layer 0 that were not marked; marks them. Which ones those are cannot be predicted:
 * hence no branch. What the loop needs is in locals, as marks may alias anything for all the compiler knows. */
static inline int add_unmarked(const struct walk *w, uint32_t node, uint32_t *nodes, int count)
{
    const int32_t *list = (const int32_t *)record(&w->links, node);
    uint8_t *const marks = w->marks;
    const uint8_t now = (uint8_t)w->stamp;
    const uint64_t marked = (uint64_t)w->marked;
    const int capacity = list ? w->capacity : 0;
    for (int i = 0; i < capacity; i++) {
        int32_t link = __atomic_load_n(list + i, __ATOMIC_ACQUIRE);
        if (link <= 0)
            break;
        uint32_t named = (uint32_t)link - 1;
        if (named >= marked)
            continue;
        nodes[count] = named;
        count += marks[named] != now;
        marks[named] = now;
    }
    return count;
}

/* Finds the rows of the nodes from `from` on and prefetches the first of the batch; returns how many nodes are left
 * when those without a row are taken out. */
static inline int find_rows(const struct walk *w, struct batch *b, int from, int count)
{
    const struct table rows = w->rows;
    const int ahead = rows_ahead(w);
    int found = from;
    for (int i = from; i < count; i++) {
        const uint8_t *row = record(&rows, b->nodes[i]);
        b->nodes[found] = b->nodes[i];
        b->rows[found] = row;
        if (found < ahead)
            prefetch_row(row, w->row_bytes);
        if (w->side_offset < 0)
            __builtin_prefetch(record(&w->sides, b->nodes[i]));
        found += row != 0;
    }
    return found;
}

/* Makes the values of the batch distances: CodeScorer's estimate, operation by operation. */
static inline void score(struct walk *w, struct batch *b, int count)
{
    SCORES[w->kind][w->level](w, b->rows, count, b->values);
    const float query = query_b(w), factor = w->factor;
    for (int i = 0; i < count; i++) {
        const uint8_t *side =
            w->side_offset >= 0 ? b->rows[i] + w->side_offset : record(&w->sides, b->nodes[i]);
        float values[2] = {0, 0};
        if (side)
            memcpy(values, side, sizeof values);
        float dot = factor * b->values[i];
        b->values[i] = values[0] + query - dot * values[1];
    }
    w->distances += count;
}

/* A distance and a node as one long that sorts by both; io.nuthatch.engine.hnsw.Keys. */
static inline int64_t key_of(float distance, uint32_t node)
{
    int32_t bits;
    memcpy(&bits, &distance, sizeof bits);
    if (distance != distance)
        bits = 0x7FC00000;
    int32_t sortable = bits ^ ((bits >> 31) & 0x7FFFFFFF);
    return (int64_t)((uint64_t)(uint32_t)sortable << 32 | (uint64_t)node << 1);
}

static inline uint32_t node_of(int64_t key)
{
    return (uint32_t)key >> 1;
}

/* Where the key belongs in the sorted keys. */
static inline int place(const int64_t *sorted, int size, int64_t key)
{
    if (size == 0)
        return 0;
    int low = 0;
    for (int left = size; left > 1;) {
        int half = left >> 1;
        low = sorted[low + half - 1] < key ? low + half : low;
        left -= half;
    }
    return sorted[low] < key ? low + 1 : low;
}

static inline int insert(int64_t *pool, int size, int64_t key)
{
    int at = place(pool, size, key);
    memmove(pool + at + 1, pool + at, (size_t)(size - at) * sizeof key);
    pool[at] = key;
    return at;
}

/* Leaves at the front of the batch's rows, as keys, those that are less than `bound`; returns how many. Which ones
 * are cannot be predicted: hence no branch. */
static inline int nearer(const struct batch *b, int count, int64_t bound, int64_t *keys)
{
    int near = 0;
    for (int i = 0; i < count; i++) {
        int64_t key = key_of(b->values[i], b->nodes[i]);
        keys[near] = key;
        near += key < bound;
    }
    return near;
}

static ALWAYS_INLINE void prefetch_links(const struct walk *w, uint32_t node)
{
    const uint8_t *list = record(&w->links, node);
    __builtin_prefetch(list);
    __builtin_prefetch(list + LINE);
}

/* Prefetches the lists of the next two of the pool that are not expanded; returns the key of the second. */
static ALWAYS_INLINE int64_t prefetch_next(const struct walk *w, const int64_t *pool, int size, int from)
{
    int left = 2;
    for (int i = from; i < size; i++) {
        if (pool[i] & EXPANDED)
            continue;
        prefetch_links(w, node_of(pool[i]));
        if (--left == 0)
            return pool[i];
    }
    return INT64_MAX;
}

/* ---- What Java calls ---- */

/* The best level of this machine that is at most `most`. */
EXPORT int32_t nuthatch_level(int32_t most)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (most >= LEVEL_AVX512 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni"))
        return LEVEL_AVX512;
    if (most >= LEVEL_AVX2 && __builtin_cpu_supports("avx2"))
        return LEVEL_AVX2;
#endif
    return most < PLAIN ? most : PLAIN;
}

/* The links of a node on a layer above 0; null where it has none. */
static inline const int32_t *upper_list(const struct walk *w, uint32_t node, int layer)
{
    const int32_t *tower = (const int32_t *)record(&w->towers, node);
    int32_t first = tower ? __atomic_load_n(tower, __ATOMIC_ACQUIRE) : 0;
    const uint8_t *unit = first > 0 ? record(&w->units, (uint32_t)(first - 1 + layer - 1)) : 0;
    return unit ? (const int32_t *)(unit + UNIT_HEADER) : 0;
}

/* The nearest node of layer `layer_min` that a greedy descent from `start` on layer `layer` finds, as a key. */
EXPORT int64_t nuthatch_descend(struct walk *w, int32_t start, int32_t layer, int32_t layer_min)
{
    struct batch b;
    narrow_lanes(w);
    w->distances = 0;
    b.nodes[0] = (uint32_t)start;
    if (!find_rows(w, &b, 0, 1))
        return -1;
    score(w, &b, 1);
    uint32_t nearest = b.nodes[0];
    float best = b.values[0];
    for (; layer >= layer_min; layer--) {
        for (int moved = 1; moved;) {
            moved = 0;
            int count = add_links(upper_list(w, nearest, layer), w->upper_capacity, b.nodes, 0);
            count = find_rows(w, &b, 0, count);
            score(w, &b, count);
            for (int i = 0; i < count; i++) {
                if (b.values[i] < best) {
                    best = b.values[i];
                    nearest = b.nodes[i];
                    moved = 1;
                }
            }
        }
    }
    return key_of(best, nearest);
}

/* Walk#expand on layer 0: two nodes at a time until none of the `ef` nearest is left or enough have been expanded,
 * or the budget is spent. Returns whether it is done. */
EXPORT int32_t nuthatch_expand(struct walk *w, int64_t *pool)
{
    struct batch b;
    int64_t keys[BATCH_MAX + 1];
    const int ef = w->ef;
    int size = w->size, next = w->next, left = w->expansions;
    narrow_lanes(w);
    w->distances = 0;
    while (next < size && left > 0 && w->distances < w->budget) {
        if (pool[next] & EXPANDED) {
            next++;
            continue;
        }
        int second = next + 1;
        while (second < size && pool[second] & EXPANDED)
            second++;
        if (second < size)
            prefetch_links(w, node_of(pool[second]));
        pool[next] |= EXPANDED;
        left--;
        /* What is nearer than `front` will be expanded before anything that is in the pool now. */
        int64_t front = second < size ? prefetch_next(w, pool, size, second + 1) : INT64_MAX;
        int count = add_unmarked(w, node_of(pool[next]), b.nodes, 0);
        count = find_rows(w, &b, 0, count);
        if (second < size) {
            pool[second] |= EXPANDED;
            left--;
            int more = add_unmarked(w, node_of(pool[second]), b.nodes, count);
            count = find_rows(w, &b, count, more);
        }
        score(w, &b, count);
        int near = nearer(&b, count, size == ef ? pool[size - 1] : INT64_MAX, keys);
        int lowest = next + 1;
        for (int i = 0; i < near; i++)
            if (keys[i] < front)
                prefetch_links(w, node_of(keys[i]));
        for (int i = 0; i < near; i++) {
            if (size == ef) {
                if (keys[i] >= pool[size - 1])
                    continue;
                size--;
            }
            int at = insert(pool, size++, keys[i]);
            lowest = at < lowest ? at : lowest;
        }
        next = lowest;
    }
    w->size = size;
    w->next = next;
    w->expansions = left;
    return next >= size || left <= 0;
}

/* values[i] becomes the answer of CodeKernel for the prepared query and rows[i]. */
EXPORT void nuthatch_dots(const uint8_t *query, int32_t kind, int32_t level, int32_t row_bytes, int32_t count,
                          const int64_t *rows, float *values)
{
    int8_t lanes[LANES_MAX] __attribute__((aligned(LINE)));
    struct walk w = {.query = query, .lanes = lanes, .row_bytes = row_bytes, .kind = kind, .is_fresh = 1};
    narrow_lanes(&w);
    for (int i = 0; i < count && i < rows_ahead(&w); i++)
        prefetch_row((const uint8_t *)rows[i], row_bytes);
    SCORES[kind][level](&w, (const uint8_t *const *)rows, count, values);
}

static void push(int64_t *heap, int i, int64_t key)
{
    while (i > 0) {
        int parent = (i - 1) >> 1;
        if (heap[parent] <= key)
            break;
        heap[i] = heap[parent];
        i = parent;
    }
    heap[i] = key;
}

/* Takes the least of `size` keys out. */
static void pop(int64_t *heap, int size)
{
    int last = size - 1, i = 0;
    int64_t key = heap[last];
    for (;;) {
        int child = 2 * i + 1;
        if (child >= last)
            break;
        if (child + 1 < last && heap[child + 1] < heap[child])
            child++;
        if (heap[child] >= key)
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = key;
}

static inline int in_filter(const struct walk *w, const int64_t *filter, uint32_t node)
{
    return w->filter_words < 0
        || ((node >> 6) < (uint64_t)w->filter_words && (uint64_t)filter[node >> 6] >> (node & 63) & 1);
}

static inline int passes(const struct walk *w, const int64_t *filter, uint32_t node)
{
    if (!in_filter(w, filter, node))
        return 0;
    const uint8_t *state = record(&w->states, node);
    return state && __atomic_load_n(state, __ATOMIC_ACQUIRE) <= STATE_LIVE;
}

/* Walk#searchFiltered from its first candidate on: the pool takes only nodes that pass, and the heap has those to
 * expand, with room for one more list than the budget. Returns whether it is done. */
EXPORT int32_t nuthatch_filtered(struct walk *w, int64_t *pool, int64_t *heap, const int64_t *filter)
{
    struct batch b;
    int64_t keys[BATCH_MAX + 1];
    const int ef = w->ef;
    int size = w->size, heap_size = w->heap_size, done = 0;
    narrow_lanes(w);
    w->distances = 0;
    w->seen = 0;
    while (!done && w->distances < w->budget) {
        if (heap_size == 0 || (size == ef && heap[0] > pool[size - 1])) {
            done = 1;
            break;
        }
        uint32_t node = node_of(heap[0]);
        pop(heap, heap_size--);
        int second = heap_size > 0 && (size < ef || heap[0] <= pool[size - 1]); /* Two at a time. */
        uint32_t other = second ? node_of(heap[0]) : 0;
        if (second) {
            prefetch_links(w, other);
            pop(heap, heap_size--);
        }
        int count = find_rows(w, &b, 0, add_unmarked(w, node, b.nodes, 0));
        if (second)
            count = find_rows(w, &b, count, add_unmarked(w, other, b.nodes, count));
        score(w, &b, count);
        for (int i = 0; i < count; i++)
            w->seen += in_filter(w, filter, b.nodes[i]);
        int near = nearer(&b, count, size == ef ? pool[size - 1] : INT64_MAX, keys);
        for (int i = 0; i < near; i++) {
            if (size == ef && keys[i] >= pool[size - 1])
                continue;
            push(heap, heap_size++, keys[i]);
            if (passes(w, filter, node_of(keys[i]))) {
                if (size == ef)
                    size--;
                insert(pool, size++, keys[i]);
            }
        }
        if (heap_size > 0)
            prefetch_links(w, node_of(heap[0]));
    }
    w->size = size;
    w->heap_size = heap_size;
    return done;
}
