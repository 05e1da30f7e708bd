package io.nuthatch.commands.admin;

import java.util.function.Consumer;

/// One section of `INFO`.
///
/// @param name as `INFO` takes it, in lower case
/// @param title as it is printed behind `# `
/// @param isDefault whether a bare `INFO` shows it; `INFO everything` shows all
/// @param body appends the section's lines, each `field:value` and CRLF
public record InfoSection(String name, String title, boolean isDefault, Consumer<StringBuilder> body) {}
