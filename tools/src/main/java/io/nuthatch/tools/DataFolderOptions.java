package io.nuthatch.tools;

import picocli.CommandLine.Option;

/// What the folders in a server's data folder are called, for programs that read or make one.
public final class DataFolderOptions {
    @Option(
            names = "--appenddirname",
            defaultValue = "appendonlydir",
            description = "The log's folder in DIR, as the setting of that name (${DEFAULT-VALUE}).")
    private String logName = "";

    @Option(
            names = "--checkpoint-dirname",
            defaultValue = "checkpoints",
            description = "The folder of checkpoints in DIR, as the setting of that name (${DEFAULT-VALUE}).")
    private String checkpointsName = "";

    /// The log's folder.
    public String logName() {
        return logName;
    }

    /// The folder of checkpoints.
    public String checkpointsName() {
        return checkpointsName;
    }
}
