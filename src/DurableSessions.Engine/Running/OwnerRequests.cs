using Azure.Core.Pipeline;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Marks what an owner sends, for a policy of the container's clients that has requests wait: while a checkpoint waits, or an end, the
/// owner renews nothing, and its ownership lapses.
/// </summary>
internal static class OwnerRequests
{
    /// <summary>The property that each such <see cref="Azure.Core.HttpMessage"/> has.</summary>
    private const string Property = "DurableSessions.Engine.Owner";

    private static readonly Dictionary<string, object?> s_marked = new() { [Property] = true };

    /// <summary>What the calling flow sends is marked until this is disposed.</summary>
    public static IDisposable Begin() => HttpPipeline.CreateHttpMessagePropertiesScope(s_marked);
}
