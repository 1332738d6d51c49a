using System.Collections.Concurrent;
using System.Text;
using System.Xml.Linq;

namespace DurableSessions.Testing;

/// <summary>A request that storage refuses; nothing has changed.</summary>
internal sealed class StorageFailureException(int status, string code, string message) : Exception(message)
{
    // A run has thousands of them, of few kinds.
    private static readonly ConcurrentDictionary<(string Code, string Message), byte[]> s_bodies = new();

    /// <summary>The <c>Content-Range</c> of a 416.</summary>
    public string? ContentRange { get; init; }

    public static StorageFailureException ContainerNotFound() => new(404, "ContainerNotFound", "The specified container does not exist.");

    public static StorageFailureException ContainerAlreadyExists() =>
        new(409, "ContainerAlreadyExists", "The specified container already exists.");

    public static StorageFailureException ContainerBeingDeleted() =>
        new(409, "ContainerBeingDeleted", "The specified container is being deleted.");

    public static StorageFailureException BlobNotFound() => new(404, "BlobNotFound", "The specified blob does not exist.");

    public static StorageFailureException BlobAlreadyExists() => new(409, "BlobAlreadyExists", "The specified blob already exists.");

    public static StorageFailureException BlobIsSealed() => new(409, "BlobIsSealed", "The specified blob is sealed.");

    public static StorageFailureException InvalidBlobType() => new(409, "InvalidBlobType", "The blob type is invalid for this operation.");

    public static StorageFailureException BlockCountExceedsLimit() =>
        new(409, "BlockCountExceedsLimit", "The blob has all the blocks it can have.");

    public static StorageFailureException ConditionNotMet() => new(412, "ConditionNotMet", "A condition of the request is not met.");

    public static StorageFailureException NotModified() => new(304, "ConditionNotMet", "");

    public static StorageFailureException AppendPositionConditionNotMet() =>
        new(412, "AppendPositionConditionNotMet", "The append position is not that of the request.");

    public static StorageFailureException UnsatisfiableCondition() =>
        new(400, "UnsatisfiableCondition", "The condition can never be met by this operation.");

    public static StorageFailureException MultipleConditionHeadersNotSupported() =>
        new(400, "MultipleConditionHeadersNotSupported", "Multiple condition headers are not supported.");

    public static StorageFailureException InvalidBlockList() => new(400, "InvalidBlockList", "The specified block list is invalid.");

    public static StorageFailureException InvalidBlobOrBlock() =>
        new(400, "InvalidBlobOrBlock", "The specified blob or block content is invalid.");

    public static StorageFailureException InvalidHeaderValue(string header) =>
        new(400, "InvalidHeaderValue", $"The value of {header} is not valid.");

    public static StorageFailureException InvalidRange(long length) =>
        new(416, "InvalidRange", "The range is invalid for the current size of the blob.") { ContentRange = $"bytes */{length}" };

    /// <param name="method">Of the request: HEAD gets no body, and neither does what is not modified.</param>
    public SimulatedAnswer ToAnswer(string method)
    {
        bool hasBody = method != "HEAD" && status != 304;
        byte[] body = hasBody ? s_bodies.GetOrAdd((code, Message), static e => ToBody(e.Code, e.Message)) : [];
        return new SimulatedAnswer(status) { Body = body }
            .With("x-ms-error-code", code)
            .With("Content-Type", hasBody ? "application/xml" : null)
            .With("Content-Range", ContentRange);
    }

    private static byte[] ToBody(string code, string message) => Encoding.UTF8.GetBytes(
        $"""<?xml version="1.0" encoding="utf-8"?>{new XElement("Error", new XElement("Code", code), new XElement("Message", message))}""");
}
