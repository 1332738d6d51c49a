using System.Globalization;

namespace DurableSessions.Testing;

/// <summary>Requests to an append blob.</summary>
internal static class AppendRequests
{
    public const string Position = "x-ms-blob-condition-appendpos";

    private const int MaxBlocks = 50_000;

    public static SimulatedAnswer Create(SimulatedAccount account, SimulatedRequest request)
    {
        SimulatedContainer container = account.Get(request);
        Conditions.CheckCreation(account, request, container.Find(request.Blob), container.Occupant(account, request.Blob));
        container.CheckType(account, request.Blob, isAppendBlob: true);
        SimulatedBlob blob = BlobRequests.New(account, request, isAppendBlob: true, request.BlobContentType ?? request.ContentType);
        container.Blobs[request.Blob] = blob;
        container.DropStaged(account, request.Blob);
        return new SimulatedAnswer(201).With(blob.Stamp);
    }

    public static SimulatedAnswer Append(SimulatedAccount account, SimulatedRequest request)
    {
        if (request.Body.Length == 0)
        {
            throw StorageFailureException.InvalidHeaderValue("Content-Length");
        }

        SimulatedBlob blob = Get(account.Get(request).Find(request.Blob));
        if (blob.BlockCount >= MaxBlocks)
        {
            throw StorageFailureException.BlockCountExceedsLimit();
        }

        Conditions.CheckWrite(account, request, blob);

        // The seal counts before the position: a late append learns that it came too late. Seen on Azurite; not documented for
        // the service.
        if (blob.IsSealed)
        {
            throw StorageFailureException.BlobIsSealed();
        }

        CheckPosition(request, blob);
        long offset = blob.Length;
        blob.Add("", request.Body);
        blob.Stamp = account.NextStamp();
        return new SimulatedAnswer(201)
            .With(blob.Stamp)
            .With("x-ms-blob-append-offset", offset)
            .With("x-ms-blob-committed-block-count", blob.BlockCount);
    }

    public static SimulatedAnswer Seal(SimulatedAccount account, SimulatedRequest request)
    {
        SimulatedContainer? container = account.AsService(ServiceDifference.SealWithoutContainer)
            ? account.Get(request)
            : account.Find(request.Container);
        Conditions.CheckWrite(account, request, container?.Find(request.Blob));
        SimulatedBlob blob = Get(container?.Occupant(account, request.Blob));
        if (account.AsService(ServiceDifference.SealAtPosition))
        {
            CheckPosition(request, blob);
        }

        blob.IsSealed = true;
        if (!account.AsService(ServiceDifference.SealChangesETag))
        {
            blob.Stamp = account.NextStamp();
        }

        return new SimulatedAnswer(200).With(blob.Stamp).With("x-ms-blob-sealed", "true");
    }

    private static SimulatedBlob Get(SimulatedBlob? blob) =>
        blob is null ? throw StorageFailureException.BlobNotFound()
        : blob.IsAppendBlob ? blob
        : throw StorageFailureException.InvalidBlobType();

    private static void CheckPosition(SimulatedRequest request, SimulatedBlob blob)
    {
        if (request.Header(Position) is { } position && long.Parse(position, CultureInfo.InvariantCulture) != blob.Length)
        {
            throw StorageFailureException.AppendPositionConditionNotMet();
        }
    }
}
