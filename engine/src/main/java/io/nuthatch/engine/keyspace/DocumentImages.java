package io.nuthatch.engine.keyspace;

import io.nuthatch.engine.image.ImageReader;
import io.nuthatch.engine.image.ImageWriter;
import org.jspecify.annotations.Nullable;

/// What an image of a hash says of it as a document; what that means is the affair of who indexes it.
public final class DocumentImages {
    private DocumentImages() {}

    /// Asked while keys are written.
    public interface Source {
        /// The number under which the image knows these rows; -1 when it does not, and the bytes themselves
        /// are written. Without a lock.
        int rowsNumber(int rowsId);

        /// Writes where the document of this word is, 0 for no document. Under the key's stripe.
        void write(long documentWord, ImageWriter out);
    }

    /// Told while keys are read.
    public interface Target {
        /// The id of the rows that the image knows under `rowsNumber`. Any thread.
        ///
        /// @throws io.nuthatch.engine.image.MalformedImageException when there are none, or they have no row
        ///     `ordinal`
        int rowsId(int rowsNumber, int ordinal, ImageReader from);

        /// Reads what [Source#write] wrote of a hash that was just put under `key`, null when it is not to be
        /// kept. Under the key's stripe.
        void read(ImageReader from, @Nullable Key key, @Nullable HashValue hash);

        /// Passes over what [Source#write] wrote, and believes nothing of it.
        void pass(ImageReader from);

        /// To read many at once, by one thread.
        Batch batch();
    }

    /// Documents that are read one by one and taken up together.
    public interface Batch {
        /// As [Target#read]. The bytes of `key` stay where they are until [#end].
        void read(ImageReader from, @Nullable Key key, @Nullable HashValue hash);

        /// Takes up what was read. The caller holds no stripe.
        void end();
    }
}
