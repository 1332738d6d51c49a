using System.Xml.Linq;

namespace DurableSessions.Testing;

/// <summary>A block blob written in pieces: nothing can be read until they are committed.</summary>
internal static class BlockRequests
{
    public static SimulatedAnswer Stage(SimulatedAccount account, SimulatedRequest request)
    {
        SimulatedContainer container = account.Get(request);
        string id = request.Query("blockid") ?? throw new UnknownRequestException(request, "a block without an id");
        SimulatedBlob? blob = container.Blobs.GetValueOrDefault(request.Blob);
        if (blob is { IsAppendBlob: true })
        {
            throw StorageFailureException.InvalidBlobType();
        }

        if (!container.Staged.TryGetValue(request.Blob, out Dictionary<string, byte[]>? staged))
        {
            container.Staged[request.Blob] = staged = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        }

        if (blob is not null && staged.Keys.FirstOrDefault() is { } other && other.Length != id.Length)
        {
            throw StorageFailureException.InvalidBlobOrBlock();
        }

        if (blob is null)
        {
            Stamp stamp = account.NextStamp();
            container.Blobs[request.Blob] = new SimulatedBlob
            {
                IsAppendBlob = false,
                IsCommitted = false,
                Stamp = stamp,
                CreatedAt = stamp.At,
                ContentType = "",
                Metadata = new Dictionary<string, string>(),
            };
        }

        staged[id] = request.Body;
        return new SimulatedAnswer(201);
    }

    public static SimulatedAnswer Commit(SimulatedAccount account, SimulatedRequest request)
    {
        SimulatedContainer container = account.Get(request);
        SimulatedBlob? before = container.Find(request.Blob);
        Conditions.CheckCreation(account, request, before, before);
        if (before is { IsAppendBlob: true })
        {
            throw StorageFailureException.InvalidBlobType();
        }

        SimulatedBlob blob = BlobRequests.New(account, request, isAppendBlob: false, request.BlobContentType);
        container.Staged.TryGetValue(request.Blob, out Dictionary<string, byte[]>? staged);
        using var body = new MemoryStream(request.Body);
        foreach (XElement element in XDocument.Load(body).Root!.Elements())
        {
            string id = element.Value;
            byte[]? uncommitted = element.Name.LocalName is "Latest" or "Uncommitted" ? staged?.GetValueOrDefault(id) : null;
            byte[]? committed = element.Name.LocalName is "Latest" or "Committed" ? before?.Block(id) : null;
            blob.Add(id, uncommitted ?? committed ?? throw StorageFailureException.InvalidBlockList());
        }

        container.Blobs[request.Blob] = blob;
        container.Staged.Remove(request.Blob);
        return new SimulatedAnswer(201).With(blob.Stamp);
    }
}
