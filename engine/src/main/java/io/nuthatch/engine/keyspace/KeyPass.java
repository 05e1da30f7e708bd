package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.image.ImageReader;

/// Passes over items of an image that a newer image has made stale, without believing what they refer to.
///
/// One thread; what begins in one block may go on in the next.
final class KeyPass {
    private final DocumentImages.Target documents;
    private boolean isHashBegun;
    private boolean isFieldBegun;

    KeyPass(DocumentImages.Target documents) {
        this.documents = documents;
    }

    /// Passes over what follows the item's kind.
    void item(int item, ImageReader items) {
        switch (item) {
            case KeyImage.STRING -> {
                header(items);
                text(items);
            }
            case KeyImage.HASH -> {
                header(items);
                fields(items);
                documents.pass(items);
            }
            case KeyImage.LARGE_STRING, KeyImage.LARGE_HASH -> {
                header(items);
                isHashBegun = item == KeyImage.LARGE_HASH;
            }
            case KeyImage.FIELDS -> fields(items);
            case KeyImage.LARGE_FIELD -> {
                flagsAndExpiry(items);
                text(items);
                isFieldBegun = true;
            }
            case KeyImage.PIECE -> text(items);
            case KeyImage.END -> {
                if (isHashBegun && !isFieldBegun) {
                    documents.pass(items);
                }
                isFieldBegun = false;
            }
            case KeyImage.GONE -> header(items);
            case KeyImage.VOID -> isFieldBegun = false;
            default -> throw items.malformed("an item of kind " + item);
        }
    }

    private static int flagsAndExpiry(ImageReader items) {
        int flags = items.getByte();
        items.take((flags & KeyImage.EXPIRES) != 0 ? Long.BYTES : 0);
        return flags;
    }

    private static void header(ImageReader items) {
        flagsAndExpiry(items);
        text(items);
    }

    private static void text(ImageReader items) {
        items.take(items.getCount(KeyspaceImport.MAX_BYTES));
    }

    private static void fields(ImageReader items) {
        int count = items.getCount(KeyspaceImport.MAX_BYTES);
        for (int i = 0; i < count; i++) {
            int flags = flagsAndExpiry(items);
            text(items);
            if ((flags & KeyImage.ROW) != 0) {
                items.take(2 * Integer.BYTES);
            } else {
                text(items);
            }
        }
    }
}
