using System.Globalization;

namespace DurableSessions.Testing;

/// <summary>The part of a blob that a request asks for.</summary>
internal static class ByteRange
{
    private const string Unit = "bytes=";

    /// <summary>Where it starts and how many bytes it has; null where the whole blob is asked for.</summary>
    /// <exception cref="StorageFailureException">
    /// 416: it starts behind the end, or at it (see <see cref="ServiceDifference.RangeAtEnd"/>).
    /// </exception>
    public static (long Start, long Count)? Of(SimulatedAccount account, SimulatedRequest request, long length)
    {
        if (request.Header("x-ms-range") is not { } range)
        {
            return null;
        }

        (long start, long? last) = Parse(request, range);
        bool isEmptyAnswer = start == length && !account.AsService(ServiceDifference.RangeAtEnd) && (length > 0 || last is null or 0);
        return start < length ? (start, Math.Min(last ?? length, length - 1) - start + 1)
            : isEmptyAnswer ? (start, 0)
            : throw StorageFailureException.InvalidRange(length);
    }

    // "bytes=100-", "bytes=100-199"
    private static (long Start, long? Last) Parse(SimulatedRequest request, string range)
    {
        string[] ends = range.StartsWith(Unit, StringComparison.Ordinal) ? range[Unit.Length..].Split('-') : [];
        long last = 0;
        return ends.Length == 2
            && long.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out long start)
            && (ends[1].Length == 0 || (long.TryParse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture, out last) && last >= start))
            ? (start, ends[1].Length == 0 ? null : last)
            : throw new UnknownRequestException(request, $"the range '{range}'");
    }
}
