using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using DurableSessions.Core;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Tasks;
using DurableSessions.Http.Envelope;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace DurableSessions.Http.Endpoints;

/// <summary>A task of either type as it was read, with an ETag: another one wherever a byte of the task's JSON is another.</summary>
internal sealed class TaskView
{
    private const char Separator = '-';

    private readonly Func<Func<TaskView, bool>, CancellationToken, Task<TaskView>> _wait;
    private readonly byte[] _json;

    private TaskView(
        string state, bool isOver, Action<Utf8JsonWriter> write, Func<Func<TaskView, bool>, CancellationToken, Task<TaskView>> wait)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Wire.WriterOptions))
        {
            write(json);
        }

        _json = buffer.WrittenSpan.ToArray();
        _wait = wait;
        State = state;
        IsOver = isOver;
        Id = $"{state}{Separator}{Convert.ToHexStringLower(SHA256.HashData(_json).AsSpan(0, 16))}";
    }

    /// <summary>Status, stage and attempt. What changes beside them, as the time of the last step, is no event.</summary>
    public string State { get; }

    /// <summary>Whether the task is over.</summary>
    public bool IsOver { get; }

    /// <summary>The ETag's text: the state, and a hash of the task's JSON.</summary>
    public string Id { get; }

    /// <summary>The status, which is the first part of the state.</summary>
    public string Status => State[..State.IndexOf(Separator, StringComparison.Ordinal)];

    /// <summary>The task's JSON, in one line.</summary>
    public ReadOnlyMemory<byte> Json => _json;

    /// <summary>The ETag, a strong one.</summary>
    public EntityTagHeaderValue ETag => new($"\"{Id}\"");

    /// <summary>A user's task.</summary>
    public static async Task<TaskView> ReadAsync(
        SessionStore store, UserKey user, string taskId, CancellationToken cancellationToken) =>
        DigestService.IsTaskId(taskId)
            ? Of(store, await store.Digests.GetAsync(user, taskId, cancellationToken))
            : Of(store, await store.Tasks.GetAsync(user, taskId, cancellationToken));

    /// <summary>Whether the client has this task already, by its <c>If-None-Match</c>.</summary>
    public static bool IsKnown(HttpRequest request, TaskView task) =>
        EntityTagHeaderValue.TryParseList(request.Headers.IfNoneMatch, out IList<EntityTagHeaderValue>? tags)
        && tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(task.ETag, useStrongComparison: false));

    /// <summary>The state that an ETag's text begins with; <see langword="null"/> where it is none.</summary>
    public static string? StateOf(string? id) =>
        id?.LastIndexOf(Separator) is { } end and > 0 ? id[..end] : null;

    /// <summary>Writes the task.</summary>
    public void Write(Utf8JsonWriter json) => json.WriteRawValue(_json, skipInputValidation: true);

    /// <summary>The task once the function holds for it, or it is over.</summary>
    public Task<TaskView> WaitForChangeAsync(Func<TaskView, bool> hasChanged, CancellationToken cancellationToken) =>
        _wait(hasChanged, cancellationToken);

    private static TaskView Of(SessionStore store, CommitTask task) => new(
        StateOf(task.Status, Wire.Stage(task.Stage), task.Attempt), task.IsOver, json => TaskEndpoints.Write(json, task),
        async (hasChanged, token) =>
            Of(store, await store.Tasks.WaitForChangeAsync(task, next => hasChanged(Of(store, next)), token)));

    private static TaskView Of(SessionStore store, DigestTask task) => new(
        StateOf(task.Status, null, 1), task.IsOver, json => ArchiveDigestEndpoints.Write(json, task),
        async (hasChanged, token) =>
            Of(store, await store.Digests.WaitForChangeAsync(task, next => hasChanged(Of(store, next)), token)));

    private static string StateOf(CommitTaskStatus status, string? stage, int attempt) =>
        string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{status.ToString().ToLowerInvariant()}{Separator}{stage}{Separator}{attempt}");
}
