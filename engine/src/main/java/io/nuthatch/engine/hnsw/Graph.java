package io.nuthatch.engine.hnsw;

import io.nuthatch.engine.NanoClock;
import io.nuthatch.engine.memory.MemoryAccount;
import io.nuthatch.engine.vector.Metric;
import io.nuthatch.engine.vector.Rows;

/// The layered proximity graph ([1] Malkov & Yashunin 2018), put together: the nodes' [States], their
/// [Links], the [EntryPoint], and what works on them: [Walk], [Insertion], [Repair].
///
/// Idea of [1]: every node is on layer 0, a fraction `1/M` of those on a layer is also on the next; a search
/// goes greedily down the sparse layers and then keeps the `ef` nearest nodes seen on layer 0, always
/// expanding the nearest one not yet expanded. Beyond the paper, nodes are removed for good, see
/// [Consolidation].
///
/// A graph knows ordinals only. What a distance is, over exact rows or over codes, each operation's
/// [Searcher] brings along, as the graph's [Compressor] says: links are the same for both.
final class Graph implements AutoCloseable {
    final States states;
    final Links links;
    final EntryPoint entry = new EntryPoint();
    final Walk walk;
    final Insertion insertion;
    final Repair repair;
    final Relinking relinking;
    final Compressor compressor;

    /// `alpha` as in [Pruning].
    Graph(
            HnswParameters parameters,
            double alpha,
            Rows rows,
            Metric metric,
            Readers readers,
            NanoClock clock,
            MemoryAccount account,
            String owner) {
        this.states = new States(account.counter(owner, "states"));
        this.links = new Links(parameters.maxConnections(), account, owner);
        this.walk = new Walk(entry, states, links, readers, clock);
        Pruning pruning = new Pruning(states, alpha);
        Detour detour = new Detour(states, links);
        Twins twins = new Twins(states, links, detour, metric);
        this.insertion = new Insertion(entry, states, links, walk, pruning, twins, detour, parameters, metric);
        this.repair = new Repair(entry, states, links, walk, pruning, twins, detour, insertion, parameters);
        this.relinking = new Relinking(this);
        this.compressor = new Compressor(
                parameters.compression(),
                metric,
                rows,
                states,
                new Resolution(states, walk),
                relinking,
                readers,
                account,
                owner);
    }

    @Override
    public void close() {
        entry.clear();
        links.close();
        states.close();
        compressor.close();
    }
}
