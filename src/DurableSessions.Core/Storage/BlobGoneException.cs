using Azure;

namespace DurableSessions.Core.Storage;

/// <summary>A blob that a manifest named has gone, or is not the one that it was: the reader starts again from the manifest.</summary>
internal sealed class BlobGoneException(string message, RequestFailedException? answer = null) : Exception(message, answer);
