using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Quotas;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>
/// Tells a conversation that the model makes nothing of from a model that makes nothing of any: it is given one short message to digest.
/// </summary>
internal sealed class ModelProbe(SemanticProcessors processors, DailyTokens tokens, SessionOptions options, TimeProvider time)
{
    private static readonly NewMessage Question = new()
    {
        Role = "user",
        Parts = """[{"type":"text","text":"My name is Ada, and I would like to plan a walk for Sunday."}]"""u8.ToArray(),
    };

    /// <summary>Whether the configured processor digests that message, within the time that a digest may take.</summary>
    public async Task<bool> AnswersAsync(CommitAttempt commit, CancellationToken cancellationToken)
    {
        SessionMessage message = SessionMessage.Parse(Question.ToLine(MessageId.NewRandom(), time.GetUtcNow()));
        using var timeout = new CancellationTokenSource(options.Semantic.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            SemanticDigest digest = await processors.Configured.DigestAsync(
                new SemanticRequest(null, new[] { message }.ToAsyncEnumerable()), either.Token);
            await tokens.AddAsync(commit.Session.Account, commit.CommitId, digest.Usage, cancellationToken);
            return true;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
