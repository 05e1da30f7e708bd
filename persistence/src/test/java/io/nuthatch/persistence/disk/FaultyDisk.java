package io.nuthatch.persistence.disk;

import java.io.IOException;

/// The faults that a journal has to live with, on whatever the journal writes to; [FaultyStorage] says what
/// each one does and what recovery owes after it.
public interface FaultyDisk {
    /// Cuts the power inside the operation that comes after `operations` more.
    void cutPowerAfter(long operations);

    /// The next `count` syncs of files fail.
    void failSyncs(int count);

    /// Bytes of records that the disk has room for, more or less.
    void setCapacity(long bytes);

    void setReadOnly(boolean value);

    /// Runs before each sync of a file, which it may delay.
    void beforeSync(Runnable action);

    /// The power was cut and comes back: what the disk may have kept. Handles from before are void.
    void restart() throws IOException;

    /// The process was killed: what was written stays, synced or not.
    void kill() throws IOException;

    /// Flips one bit of a file, on the disk.
    void flipBit(String name, long offset, int bit) throws IOException;

    /// Zeros up to a page of a file, on the disk.
    void zero(String name, long offset, int length) throws IOException;

    /// Cuts a file off, on the disk.
    void cutFile(String name, long size) throws IOException;
}
