package io.nuthatch.tools.importer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Keeps what sources write, one line for each command: arguments as ISO-8859-1, with `|` between.
final class RecordingSink implements CommandSink {
    final List<List<byte[]>> commands = new ArrayList<>();
    final List<Long> places = new ArrayList<>();
    private int announced;

    @Override
    public void begin(int count) {
        commands.add(new ArrayList<>());
        announced = count;
    }

    @Override
    public void argument(byte[] bytes, int from, int length) {
        commands.getLast().add(Arrays.copyOfRange(bytes, from, from + length));
    }

    @Override
    public void end(long place) {
        if (commands.getLast().size() != announced) {
            throw new AssertionError(announced + " arguments were announced, got " + lines().getLast());
        }
        places.add(place);
    }

    @Override
    public void select(byte[] database, long place) {
        begin(2);
        argument("SELECT".getBytes(StandardCharsets.US_ASCII), 0, 6);
        argument(database, 0, database.length);
        end(place);
    }

    List<String> lines() {
        return commands.stream()
                .map(command -> String.join(
                        "|",
                        command.stream()
                                .map(bytes -> new String(bytes, StandardCharsets.ISO_8859_1))
                                .toList()))
                .toList();
    }
}
