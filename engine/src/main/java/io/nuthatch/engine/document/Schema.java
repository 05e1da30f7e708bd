package io.nuthatch.engine.document;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The fields of an index between two FT.ALTER, and what is derived from them. Immutable.
///
/// @param number no other schema of any index has it
/// @param definition what FT.CREATE and FT.ALTER said
/// @param fields in the order of the definition
/// @param byName the same by name
/// @param check refuses queries that make no sense for these fields
record Schema(
        long number,
        IndexDefinition definition,
        List<IndexField> fields,
        Map<String, IndexField> byName,
        SchemaCheck check) {
    static Schema of(long number, IndexDefinition definition, List<IndexField> fields) {
        Map<String, IndexField> byName = new HashMap<>();
        for (IndexField field : fields) {
            byName.put(field.spec().name(), field);
        }
        return new Schema(number, definition, List.copyOf(fields), Map.copyOf(byName), new SchemaCheck(byName));
    }

    /// With `more` at the end.
    Schema with(long newNumber, IndexDefinition newDefinition, List<IndexField> more) {
        List<IndexField> all = new ArrayList<>(fields);
        all.addAll(more);
        return of(newNumber, newDefinition, all);
    }
}
