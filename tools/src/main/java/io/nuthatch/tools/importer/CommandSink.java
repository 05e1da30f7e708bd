package io.nuthatch.tools.importer;

import java.io.IOException;

/// Where a [Source] writes commands: the server, or nowhere while an import that was resumed passes what is
/// already there.
///
/// A command is `begin`, its arguments, `end`.
interface CommandSink {
    /// Begins a command of `count` arguments, its name among them.
    void begin(int count) throws IOException;

    /// An argument: `length` bytes of `bytes` from `from` on, which are copied or sent before it returns.
    void argument(byte[] bytes, int from, int length) throws IOException;

    /// Ends the command. `place` is where it stands in its file, as [Source#describe] reads it: a refusal by
    /// the server names it.
    void end(long place) throws IOException;

    /// Goes on in another database.
    ///
    /// @throws IOException when the server refuses it: what follows must not end up in the one before
    void select(byte[] database, long place) throws IOException;

    default void argument(byte[] bytes) throws IOException {
        argument(bytes, 0, bytes.length);
    }

    /// Takes everything and does nothing.
    CommandSink NOWHERE = new CommandSink() {
        @Override
        public void begin(int count) {}

        @Override
        public void argument(byte[] bytes, int from, int length) {}

        @Override
        public void end(long place) {}

        @Override
        public void select(byte[] database, long place) {}
    };
}
