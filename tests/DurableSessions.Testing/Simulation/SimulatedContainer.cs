namespace DurableSessions.Testing;

/// <summary>A container and its blobs.</summary>
internal sealed class SimulatedContainer(Stamp stamp, IReadOnlyDictionary<string, string> metadata)
{
    public Stamp Stamp { get; set; } = stamp;

    public IReadOnlyDictionary<string, string> Metadata { get; set; } = metadata;

    /// <summary>By name, in the order of a listing. A name that has staged blocks alone is among them.</summary>
    public SortedDictionary<string, SimulatedBlob> Blobs { get; } = new(StringComparer.Ordinal);

    /// <summary>Blocks that were staged and not committed yet, by blob name and block id.</summary>
    public Dictionary<string, Dictionary<string, byte[]>> Staged { get; } = new(StringComparer.Ordinal);

    /// <summary>The container as it is now; what is done to one is not done to the other.</summary>
    public SimulatedContainer Copy()
    {
        var copy = new SimulatedContainer(Stamp, Metadata);
        foreach ((string name, SimulatedBlob blob) in Blobs)
        {
            copy.Blobs.Add(name, blob.Copy());
        }

        foreach ((string name, Dictionary<string, byte[]> blocks) in Staged)
        {
            copy.Staged.Add(name, new Dictionary<string, byte[]>(blocks, blocks.Comparer));
        }

        return copy;
    }

    /// <summary>What can be read under a name.</summary>
    public SimulatedBlob? Find(string name) => Blobs.GetValueOrDefault(name) is { IsCommitted: true } blob ? blob : null;

    /// <summary>What a creation or a seal finds under a name: see <see cref="ServiceDifference.StagedBlocksAreBlob"/>.</summary>
    public SimulatedBlob? Occupant(SimulatedAccount account, string name) =>
        account.AsService(ServiceDifference.StagedBlocksAreBlob) ? Find(name) : Blobs.GetValueOrDefault(name);

    /// <summary>A whole blob is to be written: see <see cref="ServiceDifference.PutChangesType"/>.</summary>
    /// <exception cref="StorageFailureException">409: there is one of the other type.</exception>
    public void CheckType(SimulatedAccount account, string name, bool isAppendBlob)
    {
        if (account.AsService(ServiceDifference.PutChangesType) && Find(name) is { } blob && blob.IsAppendBlob != isAppendBlob)
        {
            throw StorageFailureException.InvalidBlobType();
        }
    }

    /// <summary>A whole blob is written or removed: see <see cref="ServiceDifference.StagedBlocksOutliveBlob"/>.</summary>
    public void DropStaged(SimulatedAccount account, string name)
    {
        if (account.AsService(ServiceDifference.StagedBlocksOutliveBlob))
        {
            Staged.Remove(name);
        }
    }
}
