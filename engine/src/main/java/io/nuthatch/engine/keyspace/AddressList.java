package io.nuthatch.engine.keyspace;

import java.util.Arrays;

/// A growing list of addresses: what a scan found that is to be changed once the scan is over.
final class AddressList implements Table.AddressVisitor {
    long[] addresses = new long[16];
    int size;

    @Override
    public void visit(long record) {
        if (size == addresses.length) {
            addresses = Arrays.copyOf(addresses, size * 2);
        }
        addresses[size++] = record;
    }
}
