package io.nuthatch.engine;

import java.io.IOException;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/// What a [ColdStore] has on disk for a value is not what was put there; the message says where and why.
public final class DamagedValueException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    private final int space;
    private final long id;

    public DamagedValueException(int space, long id, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.space = space;
        this.id = id;
    }

    public int space() {
        return space;
    }

    public long id() {
        return id;
    }
}
