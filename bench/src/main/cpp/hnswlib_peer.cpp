// hnswlib at the other end of a pipe, for io.nuthatch.bench.EngineBenchmark.
//
// usage: hnswlib_peer FOLDER l2|cosine      build with: g++ -O3 -march=native -pthread -I HNSWLIB hnswlib_peer.cpp
//
// FOLDER has base.fbin and query.fbin (int32 rows, int32 dimensions, float32 rows). Commands on stdin, one a line; one line
// of JSON answers each. Times are CPU seconds of the searching thread, and of the process for a build.
//   build N M EFC THREADS             {"seconds", "cpu", "resident"}: the first N rows; bytes the process grew by
//   load FILE, save FILE              {"ok"}: an index kept from another run
//   search EF K REPEATS OUT           {"best"}: all queries; OUT gets K int32 a query, -1 where there are fewer
//   filter EF K REPEATS OUT QUERIES BITS    the same for the first queries; BITS has a bitmap of the base rows for each
#include <chrono>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "hnswlib/hnswlib.h"

struct Rows {
    int32_t count = 0, dim = 0;
    std::vector<float> values;
    const float *row(size_t i) const { return values.data() + i * dim; }
};

static Rows read(const std::string &path, bool isNormalized) {
    std::ifstream in(path, std::ios::binary);
    Rows rows;
    in.read(reinterpret_cast<char *>(&rows.count), 4).read(reinterpret_cast<char *>(&rows.dim), 4);
    rows.values.resize(size_t(rows.count) * rows.dim);
    in.read(reinterpret_cast<char *>(rows.values.data()), rows.values.size() * sizeof(float));
    if (!in) throw std::runtime_error("cannot read " + path);
    for (int i = 0; isNormalized && i < rows.count; i++) {
        float *row = rows.values.data() + size_t(i) * rows.dim, squares = 0;
        for (int j = 0; j < rows.dim; j++) squares += row[j] * row[j];
        for (int j = 0; j < rows.dim; j++) row[j] /= std::sqrt(squares) + 1e-30f;
    }
    return rows;
}

static double seconds(clockid_t clock) {
    timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static long resident() {
    long pages = 0, ignored = 0;
    std::ifstream("/proc/self/statm") >> ignored >> pages;
    return pages * 4096;
}

struct Bitmap : hnswlib::BaseFilterFunctor {
    const uint8_t *bits;
    explicit Bitmap(const uint8_t *bits) : bits(bits) {}
    bool operator()(hnswlib::labeltype id) override { return bits[id >> 3] >> (id & 7) & 1; }
};

int main(int argc, char **argv) {
    const std::string folder = argv[1];
    const bool isCosine = std::string(argv[2]) == "cosine";
    const Rows base = read(folder + "/base.fbin", isCosine), query = read(folder + "/query.fbin", isCosine);
    std::unique_ptr<hnswlib::SpaceInterface<float>> space;
    if (isCosine)
        space.reset(new hnswlib::InnerProductSpace(base.dim));
    else
        space.reset(new hnswlib::L2Space(base.dim));
    std::unique_ptr<hnswlib::HierarchicalNSW<float>> index;

    auto search = [&](int ef, int k, int repeats, const std::string &out, int queries, const std::vector<uint8_t> *bits) {
        index->setEf(ef);
        const size_t stride = (size_t(base.count) + 7) / 8;
        std::vector<int32_t> found;
        double best = 1e9;
        for (int repeat = 0; repeat < repeats; repeat++) {
            found.assign(size_t(queries) * k, -1);
            const double start = seconds(CLOCK_THREAD_CPUTIME_ID);
            for (int q = 0; q < queries; q++) {
                Bitmap filter(bits ? bits->data() + q * stride : nullptr);
                auto nearest = index->searchKnn(query.row(q), k, bits ? &filter : nullptr);
                for (size_t i = nearest.size(); i-- > 0; nearest.pop()) found[size_t(q) * k + i] = nearest.top().second;
            }
            best = std::min(best, seconds(CLOCK_THREAD_CPUTIME_ID) - start);
        }
        std::ofstream(out, std::ios::binary).write(reinterpret_cast<char *>(found.data()), found.size() * 4);
        std::cout << "{\"best\": " << best << "}" << std::endl;
    };

    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::string command, file;
        words >> command;
        if (command == "build") {
            int n, m, efc, threads;
            words >> n >> m >> efc >> threads;
            index.reset();
            const long before = resident();
            const double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), start = seconds(CLOCK_MONOTONIC);
            index.reset(new hnswlib::HierarchicalNSW<float>(space.get(), n, m, efc));
            std::vector<std::thread> workers;
            index->addPoint(base.row(0), 0);
            for (int worker = 0; worker < threads; worker++)
                workers.emplace_back([&, worker] {
                    for (int i = 1 + worker; i < n; i += threads) index->addPoint(base.row(i), i);
                });
            for (auto &worker : workers) worker.join();
            std::cout << "{\"seconds\": " << seconds(CLOCK_MONOTONIC) - start << ", \"cpu\": "
                      << seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu << ", \"resident\": " << resident() - before << "}" << std::endl;
        } else if (command == "load" || command == "save") {
            words >> file;
            if (command == "load")
                index.reset(new hnswlib::HierarchicalNSW<float>(space.get(), file));
            else
                index->saveIndex(file);
            std::cout << "{\"ok\": 1}" << std::endl;
        } else if (command == "search" || command == "filter") {
            int ef, k, repeats, queries = query.count;
            words >> ef >> k >> repeats >> file;
            std::vector<uint8_t> bits;
            if (command == "filter") {
                std::string path;
                words >> queries >> path;
                std::ifstream in(path, std::ios::binary);
                bits.assign(std::istreambuf_iterator<char>(in), {});
            }
            search(ef, k, repeats, file, queries, command == "filter" ? &bits : nullptr);
        } else {
            std::cout << "{\"error\": \"" << command << "\"}" << std::endl;
        }
    }
}
