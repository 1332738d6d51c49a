namespace DurableSessions.Testing;

/// <summary>Requests to a blob of either type, and the one that writes a block blob whole.</summary>
internal static class BlobRequests
{
    public static SimulatedAnswer Put(SimulatedAccount account, SimulatedRequest request)
    {
        SimulatedContainer container = account.Get(request);
        Conditions.CheckCreation(account, request, container.Find(request.Blob), container.Occupant(account, request.Blob));
        container.CheckType(account, request.Blob, isAppendBlob: false);
        SimulatedBlob blob = New(account, request, isAppendBlob: false, request.BlobContentType ?? request.ContentType);
        blob.Add("", request.Body);
        container.Blobs[request.Blob] = blob;
        container.DropStaged(account, request.Blob);
        return new SimulatedAnswer(201).With(blob.Stamp);
    }

    public static SimulatedAnswer Get(SimulatedAccount account, SimulatedRequest request)
    {
        if (Refusal(account, request, out SimulatedBlob blob) is { } refusal)
        {
            return refusal.ToAnswer(request.Method);
        }

        if (!ByteRange.TryGet(account, request, blob.Length, out (long Start, long Count)? range))
        {
            return StorageFailureException.InvalidRange(blob.Length).ToAnswer(request.Method);
        }

        (long start, long count) = range ?? (0, blob.Length);
        var answer = new SimulatedAnswer(range is null ? 200 : 206) { Body = blob.Read(start, count) };
        return Describe(answer, blob)
            .With("Content-Length", count)
            .With("Content-Range", range is null ? null : $"bytes {start}-{start + count - 1}/{blob.Length}");
    }

    public static SimulatedAnswer Properties(SimulatedAccount account, SimulatedRequest request)
    {
        if (Refusal(account, request, out SimulatedBlob blob) is { } refusal)
        {
            return refusal.ToAnswer(request.Method);
        }

        return Describe(new SimulatedAnswer(200), blob).With("Content-Length", blob.Length);
    }

    public static SimulatedAnswer Delete(SimulatedAccount account, SimulatedRequest request)
    {
        SimulatedContainer container = account.Get(request);
        Conditions.CheckDeletion(request, container.Find(request.Blob));

        // Staged blocks alone can be deleted.
        if (!container.Blobs.Remove(request.Blob))
        {
            throw StorageFailureException.BlobNotFound();
        }

        container.DropStaged(account, request.Blob);
        return new SimulatedAnswer(202).With("x-ms-delete-type-permanent", "true");
    }

    public static SimulatedAnswer SetMetadata(SimulatedAccount account, SimulatedRequest request)
    {
        SimulatedBlob? blob = account.Get(request).Find(request.Blob);
        Conditions.CheckWrite(account, request, blob);
        if (blob is null)
        {
            throw StorageFailureException.BlobNotFound();
        }

        blob.Metadata = request.Metadata;
        blob.Stamp = account.NextStamp();
        return new SimulatedAnswer(200).With(blob.Stamp);
    }

    /// <summary>An empty blob, not stored yet, as the request's headers have it.</summary>
    public static SimulatedBlob New(SimulatedAccount account, SimulatedRequest request, bool isAppendBlob, string? contentType)
    {
        Stamp stamp = account.NextStamp();
        return new SimulatedBlob
        {
            IsAppendBlob = isAppendBlob,
            Stamp = stamp,
            CreatedAt = stamp.At,
            ContentType = contentType ?? "application/octet-stream",
            Metadata = request.Metadata,
        };
    }

    // Why it is not read; null: the blob. Not thrown, since many reads are refused.
    private static StorageFailureException? Refusal(
        SimulatedAccount account, SimulatedRequest request, out SimulatedBlob blob)
    {
        SimulatedBlob? found = account.Get(request).Find(request.Blob);
        blob = found!;
        return Conditions.OfRead(request, found) ?? (found is null ? StorageFailureException.BlobNotFound() : null);
    }

    private static SimulatedAnswer Describe(SimulatedAnswer answer, SimulatedBlob blob)
    {
        answer
            .With(blob.Stamp)
            .With("Content-Type", blob.ContentType)
            .With("Accept-Ranges", "bytes")
            .With("x-ms-blob-type", blob.Type)
            .With("x-ms-creation-time", blob.CreatedAt.ToString("R", System.Globalization.CultureInfo.InvariantCulture))
            .With("x-ms-lease-status", "unlocked")
            .With("x-ms-lease-state", "available");
        if (blob.IsAppendBlob)
        {
            answer.With("x-ms-blob-committed-block-count", blob.BlockCount).With("x-ms-blob-sealed", blob.IsSealed ? "true" : "false");
        }

        foreach ((string name, string value) in blob.Metadata)
        {
            answer.With("x-ms-meta-" + name, value);
        }

        return answer;
    }
}
