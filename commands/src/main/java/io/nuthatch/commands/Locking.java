package io.nuthatch.commands;

/// What the dispatcher holds while a command is executed.
public enum Locking {
    /// Nothing: the command touches no key.
    NONE,
    /// Nothing, as the command walks over the keyspace and takes the stripes itself, one after the other. In
    /// a transaction, every stripe: a thread that holds some may take no lower one.
    WALK,
    /// The stripes of the keys that the key specs name, in ascending order.
    KEYS,
    /// Every stripe: the command sees and changes the whole keyspace at one instant.
    ALL
}
