package io.nuthatch.tools.client;

import org.jspecify.annotations.Nullable;

/// A server, who one is there, and the database.
///
/// @param user null for the default user
/// @param password null for no authentication
public record ServerAddress(
        String host,
        int port,
        @Nullable String user,
        @Nullable String password,
        int database) {}
