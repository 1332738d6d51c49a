using DurableSessions.Engine.Instances;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Creates the children of instances, and sends the results of children to their parents. Both are repeated after a crash and come to the
/// same: a child has the <see cref="ParentCall"/> that made it, and its result the id of that call.
/// </summary>
internal sealed class SubOrchestrations(DueQueue due, EngineLifetime lifetime, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan s_afterError = TimeSpan.FromSeconds(5);

    private Schedule? _schedule;
    private Send? _send;

    /// <summary>Creates an instance, or returns the one that has its id; one that has ended is replaced where a function says so.</summary>
    public delegate Task<InstanceDocument> Schedule(
        InstanceDocument instance, Func<InstanceDocument, bool>? replaces, CancellationToken cancellationToken);

    /// <summary>Records a message in an instance. False: the instance was over.</summary>
    public delegate Task<bool> Send(string id, HistoryEntry message, CancellationToken cancellationToken);

    /// <summary>Called once, before an instance runs.</summary>
    public void Open(Schedule schedule, Send send)
    {
        _schedule = schedule;
        _send = send;
    }

    /// <summary>
    /// Creates the child of a call that the parent's checkpoint has. A crash before the request leaves the call without a child, and the
    /// parent's next owner comes here again; a crash after it leaves the child, which counts as created then, running or over.
    /// </summary>
    /// <param name="parent">The parent.</param>
    /// <param name="call">The entry of its history.</param>
    /// <param name="answered">
    /// The calls of this run that have a result: an instance that was the child of one of them gives its id to this call. No other one
    /// does, so that an owner that has lost the parent replaces no child of a later call.
    /// </param>
    /// <param name="cancellationToken">Ends the attempts.</param>
    /// <returns>The failure of the call, where another instance has the id; otherwise <see langword="null"/>.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was signalled, or the host is gone.</exception>
    public async Task<HistoryEntry?> CreateAsync(
        InstanceDocument parent, HistoryEntry call, IReadOnlySet<string> answered, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                // Storage might carry the request out after its cancellation, and no host would run the child before its ownership lapses.
                InstanceDocument found = await _schedule!(
                    Child(parent, call), call.InstanceId == call.Call ? null : IsOfAnswered, lifetime.Gone);
                if (found.Parent?.Call == call.Call)
                {
                    return null;
                }

                if (!IsOfAnswered(found))
                {
                    return Taken(call);
                }

                // Its result has come, and its end follows; where its host has died, this one ends it.
                if (InstanceHeader.From(found).ClaimableFrom is { } from)
                {
                    due.Add(found.Id, from);
                }

                await Backoff.WaitAsync(attempt, time, cancellationToken);
            }
            catch (NewerInstanceException)
            {
                return Taken(call);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && !lifetime.Gone.IsCancellationRequested)
            {
                if (e is UnreadableInstanceException)
                {
                    due.Add(call.InstanceId!, DateTimeOffset.MinValue);
                }

                log.ChildNotCreated(e, call.InstanceId!, parent.Id);
                await Task.Delay(s_afterError, time, cancellationToken);
            }
        }

        bool IsOfAnswered(InstanceDocument found) => found.Parent is { } other && answered.Contains(other.Call);
    }

    /// <summary>
    /// Sends the decided end of a child to its parent, unless the parent is over, or waits for it no more. A crash before leaves the
    /// decision, which the child's next owner sends; a crash after it as well, and the parent takes the result once.
    /// </summary>
    /// <exception cref="Exception">
    /// The parent may not have it: storage gave no answer, or a newer version has written the parent.
    /// </exception>
    public async Task AnswerAsync(InstanceDocument child, CancellationToken cancellationToken)
    {
        HistoryEntry result = InstanceMessages.Result(child, time.GetUtcNow());
        try
        {
            await SendAsync(child.Parent!.Id, result, cancellationToken);
        }
        catch (EngineLimitException e)
        {
            await SendAsync(child.Parent!.Id, InstanceMessages.Failed(result, Failures.From(e)), cancellationToken);
        }
    }

    private async Task SendAsync(string parent, HistoryEntry result, CancellationToken cancellationToken)
    {
        try
        {
            await _send!(parent, result, cancellationToken);
        }
        catch (OrchestrationNotFoundException)
        {
            // It was purged.
        }
    }

    private InstanceDocument Child(InstanceDocument parent, HistoryEntry call) =>
        InstanceDocument.New(call.Name!, call.InstanceId!, call.Payload, time.GetUtcNow()) with
        {
            FairnessKey = parent.FairnessKey,
            Tags = parent.Tags,
            TraceParent = parent.TraceParent,
            Parent = new ParentCall(parent.Id, call.Task!.Value, call.Call!),
        };

    private static HistoryEntry Taken(HistoryEntry call) => InstanceMessages.Failed(
        call,
        new TaskFailureDetails(
            typeof(InvalidOperationException).FullName!, $"Instance '{call.InstanceId}' already exists.", IsNonRetriable: true));
}
