using System.Globalization;
using Azure;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Live;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Failures;

/// <summary>
/// Why a step has failed, in one of a few fixed texts, with the id under which the log has the details. No text of an exception is in it:
/// that may have a model's words, a message or a credential.
/// </summary>
/// <remarks>Histories hold these texts, and are looked through for them: one that is changed is still to be found as it was. A new one is
/// to be added to <see cref="FailureText"/>.</remarks>
public static class StepFailure
{
    /// <summary>The text for a step, a failure and an id.</summary>
    internal static string Text(string step, Exception failure, string id) =>
        $"The step {step} failed: {Cause(step, failure)}. The log has it under {id}.";

    /// <summary>The last such text in a message that a history holds; <see langword="null"/> where there is none.</summary>
    public static string? Find(string message) => FailureText.Find(message);

    /// <summary>The text for an instance whose history holds another one, of an engine or of an earlier version.</summary>
    public static string Other(string instanceId) => $"The server failed. The log has it under {instanceId}.";

    private static string Cause(string step, Exception failure) => failure switch
    {
        IModelFailure { Failure: ModelFailure.Refused } e => $"the model refused{Status(e.HttpStatus)}",
        IModelFailure { Failure: ModelFailure.Unusable } => "the model gave no answer that can be used",
        IModelFailure e => $"the model did not answer{Status(e.HttpStatus)}",
        DigestTimeoutException e => string.Create(
            CultureInfo.InvariantCulture, $"the digest took longer than {e.Timeout.TotalSeconds:0.###} s"),
        SegmentMissingException => "a part of the session is missing in storage",
        ContentionException => "other requests changed the session too often",
        RequestFailedException e when !StorageErrors.IsUnknownOutcome(e) => $"storage refused{Status(e.Status)}",
        RequestFailedException or AggregateException when StorageErrors.IsUnknownOutcome(failure) => "storage did not answer",
        _ when step is CommitNames.SemanticProcess or CommitNames.DigestAgain or CommitNames.DigestArchive => "the digest failed",
        _ => StorageErrors.IsUnknownOutcome(failure) ? "storage did not answer" : "the server failed",
    };

    private static string Status(int? status) =>
        status is null ? "" : string.Create(CultureInfo.InvariantCulture, $": HTTP status {status}");
}
