using System.Globalization;

namespace DurableSessions.Benchmarks.Scale;

/// <summary>Requests to storage, by what they are billed as: blobs by the kind of request, queues and tables all alike.</summary>
internal readonly record struct StorageCounts(
    double BlobWrites, double BlobReads, double BlobLists, double BlobDeletes, double Queue, double Table)
{
    public const string Columns = "blob_write,blob_read,blob_list,blob_delete,queue,table";

    public double Blob => BlobWrites + BlobReads + BlobLists + BlobDeletes;

    public double All => Blob + Queue + Table;

    public static StorageCounts operator -(StorageCounts one, StorageCounts other) => one + (other * -1);

    public static StorageCounts operator +(StorageCounts one, StorageCounts other) => new(
        one.BlobWrites + other.BlobWrites,
        one.BlobReads + other.BlobReads,
        one.BlobLists + other.BlobLists,
        one.BlobDeletes + other.BlobDeletes,
        one.Queue + other.Queue,
        one.Table + other.Table);

    public static StorageCounts operator *(StorageCounts counts, double factor) => new(
        counts.BlobWrites * factor,
        counts.BlobReads * factor,
        counts.BlobLists * factor,
        counts.BlobDeletes * factor,
        counts.Queue * factor,
        counts.Table * factor);

    public static StorageCounts operator /(StorageCounts counts, double divisor) => counts * (1 / divisor);

    /// <summary>One request, as the access log of a service has it.</summary>
    public static StorageCounts OfRequest(string service, string method, string path) => (service, method) switch
    {
        ("queue", _) => new(0, 0, 0, 0, 1, 0),
        ("table", _) => new(0, 0, 0, 0, 0, 1),
        (_, "GET") when path.Contains("comp=list", StringComparison.Ordinal) => new(0, 0, 1, 0, 0, 0),
        (_, "GET" or "HEAD") => new(0, 1, 0, 0, 0, 0),
        (_, "DELETE") => new(0, 0, 0, 1, 0, 0),
        _ => new(1, 0, 0, 0, 0, 0),
    };

    /// <summary>The values of <see cref="Columns"/>.</summary>
    public string ToCsv() => string.Create(
        CultureInfo.InvariantCulture, $"{BlobWrites:0.0},{BlobReads:0.0},{BlobLists:0.0},{BlobDeletes:0.0},{Queue:0.0},{Table:0.0}");
}
