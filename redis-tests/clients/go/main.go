// The tour of clients/README.md with go-redis. usage: tour HOST:PORT PROTOCOL
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const k = 10

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func check(ok bool, format string, a ...any) {
	if !ok {
		panic(fmt.Sprintf(format, a...))
	}
}

// read returns the rows of a .fbin or .ibin file as bytes, and the row length.
func read(folder, name string) ([][]byte, int) {
	raw, err := os.ReadFile(filepath.Join(folder, name))
	must(err)
	n, width := int(binary.LittleEndian.Uint32(raw)), int(binary.LittleEndian.Uint32(raw[4:]))
	rows := make([][]byte, n)
	for i := range rows {
		rows[i] = raw[8+i*width*4 : 8+(i+1)*width*4]
	}
	return rows, width
}

func at(row []byte, i int) uint32 { return binary.LittleEndian.Uint32(row[i*4:]) }

// distance is the cosine distance of two rows of unit length.
func distance(a, b []byte) float64 {
	sum := 0.0
	for i := range len(a) / 4 {
		sum += float64(math.Float32frombits(at(a, i))) * float64(math.Float32frombits(at(b, i)))
	}
	return 1 - sum
}

func main() {
	address := os.Args[1]
	protocol, err := strconv.Atoi(os.Args[2])
	must(err)
	folder := os.Args[3]
	rows, dim := read(folder, "rows.fbin")
	queries, _ := read(folder, "queries.fbin")
	truth, _ := read(folder, "truth.ibin")

	ctx := context.Background()
	client := redis.NewClient(&redis.Options{Addr: address, Protocol: protocol, ReadTimeout: 30 * time.Second})
	defer client.Close()
	check(client.Ping(ctx).Val() == "PONG", "PING")

	name := fmt.Sprintf("go-%d", protocol)
	prefix := name + ":"
	must(client.FTCreate(ctx, name, &redis.FTCreateOptions{OnHash: true, Prefix: []any{prefix}},
		&redis.FieldSchema{FieldName: "text", FieldType: redis.SearchFieldTypeText},
		&redis.FieldSchema{FieldName: "cat", FieldType: redis.SearchFieldTypeTag},
		&redis.FieldSchema{FieldName: "num", FieldType: redis.SearchFieldTypeNumeric, Sortable: true},
		&redis.FieldSchema{FieldName: "v", FieldType: redis.SearchFieldTypeVector, VectorArgs: &redis.FTVectorArgs{
			HNSWOptions: &redis.FTHNSWOptions{Type: "FLOAT32", Dim: dim, DistanceMetric: "COSINE",
				MaxAllowedEdgesPerNode: 16, EFRunTime: 64, Epsilon: 0.5}}},
	).Err())

	pipe := client.Pipeline()
	for i, row := range rows {
		pipe.HSet(ctx, prefix+strconv.Itoa(i), "text", fmt.Sprintf("passage number %d", i), "cat",
			fmt.Sprintf("c%d", i%4), "num", i, "v", row)
	}
	replies, err := pipe.Exec(ctx)
	must(err)
	check(len(replies) == len(rows), "%d replies to %d HSETs", len(replies), len(rows))

	search := func(query string, limit int, params map[string]any) redis.FTSearchResult {
		result, err := client.FTSearchWithArgs(ctx, name, query, &redis.FTSearchOptions{
			Return: []redis.FTSearchReturn{{FieldName: "cat"}, {FieldName: "num"}, {FieldName: "d"}},
			SortBy: []redis.FTSearchSortBy{{FieldName: "d", Asc: true}}, Limit: limit, Params: params,
			DialectVersion: 2}).Result()
		must(err)
		return result
	}
	found := 0
	for q, query := range queries {
		result := search("*=>[KNN 10 @v $q AS d]", k, map[string]any{"q": query})
		check(len(result.Docs) == k, "query %d: %d hits", q, len(result.Docs))
		expected := map[string]bool{}
		for i := range k {
			expected[prefix+strconv.Itoa(int(at(truth[q], i)))] = true
		}
		last := -1.0
		for _, doc := range result.Docs {
			if expected[doc.ID] {
				found++
			}
			d, err := strconv.ParseFloat(doc.Fields["d"], 64)
			must(err)
			check(d >= last, "query %d: not nearest first", q)
			last = d
		}
		nearest, _ := strconv.ParseFloat(result.Docs[0].Fields["d"], 64)
		check(math.Abs(nearest-distance(query, rows[at(truth[q], 0)])) < 1e-5, "query %d: nearest at %v", q, nearest)
	}
	check(float64(found) >= 0.99*float64(k*len(queries)), "recall %d of %d", found, k*len(queries))

	filtered := search("(@cat:{c1} @num:[0 99])=>[KNN 5 @v $q AS d]", 5, map[string]any{"q": queries[0]})
	check(len(filtered.Docs) == 5, "filtered: %d documents", len(filtered.Docs))
	for _, doc := range filtered.Docs {
		num, err := strconv.Atoi(doc.Fields["num"])
		must(err)
		check(doc.Fields["cat"] == "c1" && num <= 99, "%s does not match the filter", doc.ID)
	}
	radius := distance(queries[0], rows[at(truth[0], 4)]) + 1e-6
	within := search("@v:[VECTOR_RANGE $r $q]=>{$YIELD_DISTANCE_AS: d}", 100, map[string]any{"r": radius, "q": queries[0]})
	check(within.Total == 5 && len(within.Docs) == 5, "range: %d documents", within.Total)

	text, err := client.FTSearchWithArgs(ctx, name, "@text:(passage 17)", &redis.FTSearchOptions{DialectVersion: 2}).Result()
	must(err)
	check(text.Total == 1 && text.Docs[0].ID == prefix+"17", "text search: %v", text)
	check(text.Docs[0].Fields["v"] == string(rows[17]), "the vector's bytes came back changed")

	info, err := client.FTInfo(ctx, name).Result()
	must(err)
	check(info.IndexName == name && info.NumDocs == len(rows) && len(info.Attributes) == 4, "FT.INFO: %+v", info)
	check(info.IndexDefinition.Prefixes[0] == prefix, "FT.INFO's prefixes: %v", info.IndexDefinition)
	list, err := client.FT_List(ctx).Result()
	must(err)
	check(strings.Contains(strings.Join(list, " "), name), "FT._LIST: %v", list)

	nearest := prefix + strconv.Itoa(int(at(truth[0], 0)))
	check(client.Del(ctx, nearest).Val() == 1, "DEL")
	for _, doc := range search("*=>[KNN 10 @v $q AS d]", k, map[string]any{"q": queries[0]}).Docs {
		check(doc.ID != nearest, "the deleted document is still found")
	}
	must(client.FTDropIndexWithArgs(ctx, name, &redis.FTDropIndexOptions{DeleteDocs: true}).Err())
	check(client.Exists(ctx, prefix+"17").Val() == 0, "DD left a document")
	err = client.FTSearch(ctx, name, "*").Err()
	check(err != nil && strings.Contains(strings.ToLower(err.Error()), "no such index"), "dropped index: %v", err)
	fmt.Printf("go-redis %s, RESP%d\n", redis.Version(), protocol)
}
