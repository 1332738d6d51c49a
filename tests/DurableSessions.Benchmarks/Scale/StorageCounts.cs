namespace DurableSessions.Benchmarks.Scale;

/// <summary>Requests to storage, by service.</summary>
internal readonly record struct StorageCounts(double Blob, double Queue, double Table)
{
    public double All => Blob + Queue + Table;

    public static StorageCounts operator -(StorageCounts one, StorageCounts other) => one + (other * -1);

    public static StorageCounts operator +(StorageCounts one, StorageCounts other) =>
        new(one.Blob + other.Blob, one.Queue + other.Queue, one.Table + other.Table);

    public static StorageCounts operator *(StorageCounts counts, double factor) =>
        new(counts.Blob * factor, counts.Queue * factor, counts.Table * factor);

    public static StorageCounts operator /(StorageCounts counts, double divisor) => counts * (1 / divisor);

    /// <summary>One request, as the access log of a service has it.</summary>
    public static StorageCounts OfRequest(string service) => service switch
    {
        "queue" => new(0, 1, 0),
        "table" => new(0, 0, 1),
        _ => new(1, 0, 0),
    };
}
