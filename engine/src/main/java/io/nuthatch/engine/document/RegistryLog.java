package io.nuthatch.engine.document;

import io.nuthatch.engine.effect.EffectLog;
import io.nuthatch.engine.keyspace.Keyspace;
import io.nuthatch.engine.text.ByteStrings;
import java.util.List;
import java.util.function.Consumer;

/// Tells the journal what becomes of the registry of indexes.
///
/// Called under the registry's lock. A thread that holds no stripe has its effect appended at once; inside
/// MULTI, which holds all, it becomes part of the transaction's record.
final class RegistryLog {
    private final Keyspace keyspace;

    RegistryLog(Keyspace keyspace) {
        this.keyspace = keyspace;
    }

    void created(IndexDefinition definition, boolean isScanSkipped) {
        record(log -> log.createIndex(DefinitionCodec.encode(definition), isScanSkipped));
    }

    void altered(String index, List<FieldSpec> more, boolean isScanSkipped) {
        record(log -> log.alterIndex(ByteStrings.bytes(index), DefinitionCodec.encode(more), isScanSkipped));
    }

    void dropped(String index) {
        record(log -> log.dropIndex(ByteStrings.bytes(index)));
    }

    void aliased(String alias, String index) {
        record(log -> log.setAlias(ByteStrings.bytes(alias), ByteStrings.bytes(index)));
    }

    void unaliased(String alias) {
        record(log -> log.removeAlias(ByteStrings.bytes(alias)));
    }

    private void record(Consumer<EffectLog> effect) {
        EffectLog log = keyspace.effects();
        if (log != null) {
            effect.accept(log);
            if (!keyspace.stripes().isHeldByMe(0)) {
                log.commit();
            }
        }
    }
}
