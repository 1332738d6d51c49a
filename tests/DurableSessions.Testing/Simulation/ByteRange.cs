using System.Globalization;

namespace DurableSessions.Testing;

/// <summary>The part of a blob that a request asks for.</summary>
internal static class ByteRange
{
    private const string Unit = "bytes=";

    /// <summary>Where it starts and how many bytes it has; null where the whole blob is asked for.</summary>
    /// <returns>False, a 416: it starts behind the end, or at it (see <see cref="ServiceDifference.RangeAtEnd"/>).</returns>
    public static bool TryGet(SimulatedAccount account, SimulatedRequest request, long length, out (long Start, long Count)? part)
    {
        part = null;
        if (request.Header("x-ms-range") is not { } range)
        {
            return true;
        }

        (long start, long? last) = Parse(request, range);
        bool isEmptyAnswer = start == length && !account.AsService(ServiceDifference.RangeAtEnd) && (length > 0 || last is null or 0);
        part = start < length ? (start, Math.Min(last ?? length, length - 1) - start + 1) : (start, 0);
        return start < length || isEmptyAnswer;
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
