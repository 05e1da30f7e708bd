package io.nuthatch.server.config;

import java.util.List;

/// One line of the settings' table.
///
/// @param name in lower case, Redis's where Redis has the thing
/// @param alias an older name of the same setting, or empty
/// @param type the values it takes
/// @param initial the words of its default
/// @param isMutable whether `CONFIG SET` may change it while the server runs
/// @param chapter the heading under which the manual has it
/// @param manual what it does, in full sentences; the text of `conf/nuthatch.conf`
record Setting(
        String name,
        String alias,
        SettingType type,
        List<String> initial,
        boolean isMutable,
        String chapter,
        String manual) {}
