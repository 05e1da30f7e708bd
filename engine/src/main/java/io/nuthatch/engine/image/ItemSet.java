package io.nuthatch.engine.image;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/// Numbers of items of an image: ordinals of rows or nodes, hash slots. One thread writes it; when nobody
/// does, any number read.
public final class ItemSet {
    private final RoaringBitmap numbers;

    public ItemSet() {
        this(new RoaringBitmap());
    }

    private ItemSet(RoaringBitmap numbers) {
        this.numbers = numbers;
    }

    /// A copy of `numbers`.
    public static ItemSet of(RoaringBitmap numbers) {
        return new ItemSet(numbers.clone());
    }

    public void add(int number) {
        numbers.add(number);
    }

    public void addAll(ItemSet others) {
        numbers.or(others.numbers);
    }

    public void removeAll(ItemSet others) {
        numbers.andNot(others.numbers);
    }

    public boolean contains(int number) {
        return numbers.contains(number);
    }

    public boolean isEmpty() {
        return numbers.isEmpty();
    }

    public long count() {
        return numbers.getLongCardinality();
    }

    public void forEach(IntConsumer visitor) {
        numbers.forEach((org.roaringbitmap.IntConsumer) visitor::accept);
    }

    /// Those of them for which `kept` holds, in ascending order.
    public ItemSet where(IntPredicate kept) {
        ItemSet some = new ItemSet();
        numbers.forEach((int number) -> {
            if (kept.test(number)) {
                some.add(number);
            }
        });
        return some;
    }

    /// Those that are in both.
    public ItemSet and(ItemSet others) {
        return new ItemSet(RoaringBitmap.and(numbers, others.numbers));
    }

    /// In ascending order from `from` on.
    public PeekableIntIterator from(int from) {
        PeekableIntIterator iterator = numbers.getIntIterator();
        iterator.advanceIfNeeded(from);
        return iterator;
    }

    /// Writes an `int` length and so many bytes of the portable format of Roaring bitmaps.
    public void write(ImageWriter out) {
        numbers.runOptimize();
        int bytes = numbers.serializedSizeInBytes();
        out.putInt(bytes);
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        numbers.serialize(buffer);
        out.putBytes(buffer.array());
    }

    /// Reads what [#write] wrote.
    public static ItemSet read(ImageReader in) {
        int bytes = in.getCount(Integer.MAX_VALUE);
        RoaringBitmap numbers = new RoaringBitmap();
        try {
            numbers.deserialize(MemorySegment.ofAddress(in.take(bytes))
                    .reinterpret(bytes)
                    .asByteBuffer()
                    .order(ByteOrder.LITTLE_ENDIAN));
            if (numbers.serializedSizeInBytes() != bytes || !numbers.isEmpty() && numbers.first() < 0) {
                throw in.malformed("a set of numbers of another length");
            }
        } catch (IOException
                | IndexOutOfBoundsException
                | IllegalArgumentException
                | java.nio.BufferUnderflowException refused) {
            throw in.malformed("a set of numbers that is none");
        }
        return new ItemSet(numbers);
    }

    @Override
    public String toString() {
        return numbers.toString();
    }
}
