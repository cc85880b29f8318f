package io.slinfer.model.gguf;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the values of metadata pairs, within limits that keep a hostile file from taking more
 * memory than a real one. Confined to one thread.
 */
final class GgufValues {

  private static final int U8 = 0;
  private static final int I8 = 1;
  private static final int U16 = 2;
  private static final int I16 = 3;
  private static final int U32 = 4;
  private static final int I32 = 5;
  private static final int F32 = 6;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;
  private static final int U64 = 10;
  private static final int I64 = 11;
  private static final int F64 = 12;

  private static final int MAX_STRING_BYTES = 1 << 26;

  /** About 30 times the largest vocabularies with their merges. */
  private static final int MAX_ARRAY_STRING_BYTES = 1 << 28;

  /** Elements of all arrays of a file together: about 30 times the largest vocabularies. */
  private static final int MAX_ELEMENTS = 1 << 24;

  /** How deep arrays may lie in arrays; models have no use for any depth. */
  private static final int MAX_DEPTH = 4;

  private final GgufCursor cursor;
  private int elementsLeft = MAX_ELEMENTS;

  GgufValues(GgufCursor cursor) {
    this.cursor = cursor;
  }

  /** The type code and the value that follow, as {@link GgufMetadata} holds it. */
  Object read(String key) throws GgufException {
    int type = cursor.readInt(key);
    return type == ARRAY ? readArray(key, 1) : readScalar(key, type);
  }

  private Object readScalar(String key, int type) throws GgufException {
    return switch (type) {
      case F32 -> (double) Float.intBitsToFloat(cursor.readInt(key));
      case F64 -> Double.longBitsToDouble(cursor.readLong(key));
      case BOOL -> readBool(key);
      case STRING -> cursor.readString(key, MAX_STRING_BYTES);
      case U64 -> {
        long value = cursor.readLong(key);
        yield value >= 0 ? (Object) value : new BigInteger(Long.toUnsignedString(value));
      }
      case U8, I8, U16, I16, U32, I32, I64 -> readInteger(key, type);
      default -> throw cursor.refuse(key, "value type " + type + " is unknown");
    };
  }

  private boolean readBool(String key) throws GgufException {
    byte value = cursor.readByte(key);
    if (value != 0 && value != 1) {
      throw cursor.refuse(key, "is " + value + "; a truth value is 0 or 1");
    }
    return value == 1;
  }

  private long readInteger(String key, int type) throws GgufException {
    return switch (type) {
      case U8 -> Byte.toUnsignedLong(cursor.readByte(key));
      case I8 -> cursor.readByte(key);
      case U16 -> Short.toUnsignedLong(cursor.readShort(key));
      case I16 -> cursor.readShort(key);
      case U32 -> Integer.toUnsignedLong(cursor.readInt(key));
      case I32 -> cursor.readInt(key);
      default -> cursor.readLong(key);
    };
  }

  private Object readArray(String key, int depth) throws GgufException {
    int type = cursor.readInt(key);
    int count = cursor.readCount(key, smallestBytes(key, type), elementsLeft);
    elementsLeft -= count;
    return switch (type) {
      case F32, F64 -> readNumbers(key, type, count);
      case BOOL -> readBools(key, count);
      case STRING -> cursor.readStrings(key, count, MAX_ARRAY_STRING_BYTES);
      case ARRAY -> readArrays(key, count, depth);
      default -> readIntegers(key, type, count);
    };
  }

  /** Bytes that an array element takes at least. */
  private int smallestBytes(String key, int type) throws GgufException {
    return switch (type) {
      case U8, I8, BOOL -> 1;
      case U16, I16 -> 2;
      case U32, I32, F32 -> 4;
      case U64, I64, F64, STRING -> 8;
      case ARRAY -> 12;
      default -> throw cursor.refuse(key, "array element type " + type + " is unknown");
    };
  }

  private double[] readNumbers(String key, int type, int count) throws GgufException {
    double[] numbers = new double[count];
    for (int i = 0; i < count; i++) {
      numbers[i] =
          type == F32
              ? Float.intBitsToFloat(cursor.readInt(key))
              : Double.longBitsToDouble(cursor.readLong(key));
    }
    return numbers;
  }

  private boolean[] readBools(String key, int count) throws GgufException {
    boolean[] bools = new boolean[count];
    for (int i = 0; i < count; i++) {
      bools[i] = readBool(key);
    }
    return bools;
  }

  private long[] readIntegers(String key, int type, int count) throws GgufException {
    long[] integers = new long[count];
    for (int i = 0; i < count; i++) {
      integers[i] = readInteger(key, type);
      if (type == U64 && integers[i] < 0) {
        throw cursor.refuse(
            key, "element " + i + " is above 2^63-1, which is not supported in an array");
      }
    }
    return integers;
  }

  private List<Object> readArrays(String key, int count, int depth) throws GgufException {
    if (depth == MAX_DEPTH) {
      throw cursor.refuse(key, "arrays lie more than " + MAX_DEPTH + " deep");
    }
    List<Object> arrays = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      arrays.add(readArray(key, depth + 1));
    }
    return List.copyOf(arrays);
  }
}
