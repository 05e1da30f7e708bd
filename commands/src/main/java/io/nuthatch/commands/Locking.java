package io.nuthatch.commands;

/// What the dispatcher holds while a command is executed.
public enum Locking {
    /// Nothing: the command touches no key, or takes stripes itself, slot by slot.
    NONE,
    /// The stripes of the keys that the key specs name, in ascending order.
    KEYS,
    /// Every stripe: the command sees and changes the whole keyspace at one instant.
    ALL
}
