using Azure;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Failures;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Core.Tests.Failures;

/// <summary>What users and histories have of a failure.</summary>
public sealed class StepFailureTests
{
    private const string Canary = "canary-of-an-exception";
    private const string Id = "ERR-0123456789abcdef";

    public static TheoryData<string, Exception, string> Failures { get; } = new()
    {
        { CommitNames.SemanticProcess, new Model(ModelFailure.Refused, 401), "the model refused: HTTP status 401" },
        { CommitNames.SemanticProcess, new Model(ModelFailure.Refused, null), "the model refused" },
        { CommitNames.SemanticProcess, new Model(ModelFailure.Unusable, null), "the model gave no answer that can be used" },
        { CommitNames.SemanticProcess, new Model(ModelFailure.Away, 500), "the model did not answer: HTTP status 500" },
        { CommitNames.SemanticProcess, new Model(ModelFailure.Away, null), "the model did not answer" },
        {
            CommitNames.SemanticProcess, new DigestTimeoutException(TimeSpan.FromSeconds(1.5)),
            "the digest took longer than 1.5 s"
        },
        { CommitNames.SemanticProcess, new IOException(Canary), "the digest failed" },
        { CommitNames.SemanticProcess, new RequestFailedException(503, Canary), "storage did not answer" },
        { CommitNames.Switch, new RequestFailedException(403, Canary), "storage refused: HTTP status 403" },
        { CommitNames.Switch, new AggregateException(Canary, new RequestFailedException(0, Canary)), "storage did not answer" },
        { CommitNames.Switch, new HttpRequestException(Canary), "storage did not answer" },
        {
            CommitNames.ArchiveToTemp, new SegmentMissingException(new SessionKey("acme", "ada", Canary)),
            "a part of the session is missing in storage"
        },
        { CommitNames.Switch, new ContentionException(Canary), "other requests changed the session too often" },
        { CommitNames.Switch, new InvalidOperationException(Canary), "the server failed" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void Each_has_a_fixed_text_that_is_found_in_what_engines_make_of_it(string step, Exception failure, string cause)
    {
        string text = StepFailure.Text(step, failure, Id);

        Assert.Equal($"The step {step} failed: {cause}. The log has it under {Id}.", text);
        Assert.Equal(text, StepFailure.Find(text));
        Assert.Equal(text, StepFailure.Find($"Activity '{step}' failed: {text}"));
        Assert.Equal($"{cause} ({Id})", FailureText.FindCause($"Activity '{step}' failed: {text}"));
    }

    [Theory]
    [InlineData("Model 'm' refuses: HTTP status 401.")]
    [InlineData("The step switch failed: canary-of-an-exception. The log has it under ERR-0123456789abcdef.")]
    [InlineData("The step switch failed: the server failed. The log has it under canary-of-an-exception.")]
    [InlineData("")]
    public void Another_text_is_none(string message)
    {
        Assert.Null(StepFailure.Find(message));
        Assert.Null(FailureText.FindCause(message));
    }

    private sealed class Model(ModelFailure failure, int? status) : Exception(Canary), IModelFailure
    {
        public ModelFailure Failure => failure;

        public int? HttpStatus => status;
    }
}
