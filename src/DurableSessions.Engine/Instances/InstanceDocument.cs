using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Instances;

/// <summary>
/// An instance as it is stored, under <c>active/</c> while it runs and under <c>finished/</c> once it is over.
/// <para>
/// The end of an instance is the moment its active blob is deleted: the finished blob, written before, counts only from
/// then on. So the end is fenced by the active blob's ETag like every other step. An active blob that no host has written
/// since it was created (<see cref="IsUntouched"/>) may however be a ghost: a late copy of the request that created an
/// instance which has ended since. It counts only where there is no finished blob of its generation; and an owner writes
/// the active blob at least once before it ends the instance.
/// </para>
/// </summary>
internal sealed record InstanceDocument
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
        MaxDepth = 128,
    };

    /// <summary>The name of the orchestrator.</summary>
    public required string Name { get; init; }

    public required string Id { get; init; }

    /// <summary>Whose turn it is when one of its activities runs; <see langword="null"/>: of those without a key.</summary>
    public string? FairnessKey { get; init; }

    /// <summary><see cref="StartOrchestrationOptions.Tags"/>; <see langword="null"/>: there are none.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>
    /// The W3C <c>traceparent</c> of the span that created it; <see langword="null"/>: its creation was not traced. It stays through
    /// <c>ContinueAsNew</c>.
    /// </summary>
    public string? TraceParent { get; init; }

    /// <summary>The call whose child it is; <see langword="null"/>: a client has scheduled it.</summary>
    public ParentCall? Parent { get; init; }

    /// <summary>
    /// Of a child, how it ends: nothing changes it any more, though the parent may not have it yet. Its owner, whether or not it has the
    /// orchestrator, sends it to the parent and then ends the instance. <see langword="null"/>: open, or the instance is no child.
    /// </summary>
    public RunOutcome? Decided { get; init; }

    /// <summary>
    /// Each sub-orchestration of the history whose task number is lower has been created; the next owner looks to the others.
    /// <see langword="null"/>: it looks to all.
    /// </summary>
    public int? ChildrenBelow { get; init; }

    /// <summary>How many instances have had this id, with this one.</summary>
    public int Generation { get; init; } = 1;

    public OrchestrationRuntimeStatus Status { get; init; }

    [JsonConverter(typeof(RawJsonConverter))]
    public string? Input { get; init; }

    [JsonConverter(typeof(RawJsonConverter))]
    public string? Output { get; init; }

    [JsonConverter(typeof(RawJsonConverter))]
    public string? CustomStatus { get; init; }

    public TaskFailureDetails? Failure { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Updated { get; init; }

    /// <summary>The claim of the host that runs the instance; <see langword="null"/>: no host does.</summary>
    public string? Owner { get; init; }

    /// <summary>From when on another host may try to claim it from its owner; sooner where the owner's host is dead.</summary>
    public DateTimeOffset? OwnedUntil { get; init; }

    /// <summary>When an instance without owner has something to do; <see langword="null"/>: once a message arrives.</summary>
    public DateTimeOffset? NextDue { get; init; }

    /// <summary>
    /// The activities for which a parked instance waits: a host that has a slot for one of them may claim it. Its <see cref="NextDue"/> is
    /// when its next timer fires, or, where it has none, <see cref="Updated"/>: a host of a version that knows no parking claims it then.
    /// <see langword="null"/>: it is not parked.
    /// </summary>
    public IReadOnlyList<string>? WaitsFor { get; init; }

    /// <summary>Drawn anew for every write of any host: a host whose answer was lost recognises its own write.</summary>
    public required string WriteId { get; init; }

    /// <summary>
    /// The <see cref="WriteId"/> of the last write by an owner; messages that other hosts append leave it. <see langword="null"/>:
    /// no owner has written since the creation.
    /// </summary>
    public string? CheckpointId { get; init; }

    /// <summary>In a finished instance, the <see cref="WriteId"/> of the active blob it was the end of.</summary>
    public string? Ends { get; init; }

    public required IReadOnlyList<HistoryEntry> History { get; init; }

    /// <summary>Messages that the owner has not put into the history yet. Other hosts append to it; only the owner empties it.</summary>
    public IReadOnlyList<HistoryEntry> Inbox { get; init; } = [];

    /// <summary>
    /// The <see cref="HistoryEntry.MessageId"/>s of messages that runs before the last <c>ContinueAsNew</c> took, the newest
    /// <see cref="EngineLimits.RememberedMessages"/>: a client whose answer was lost finds that its message was received.
    /// </summary>
    public IReadOnlyList<string>? Taken { get; init; }

    /// <summary>Begins again by <c>ContinueAsNew</c>, and no host has run it since. Otherwise <see langword="null"/>.</summary>
    public bool? IsContinued { get; init; }

    /// <summary>How many events of the history the orchestrator has not waited for.</summary>
    public int BufferedEvents { get; init; }

    /// <summary>No host has written the active blob since it was created.</summary>
    [JsonIgnore]
    public bool IsUntouched => CheckpointId is null && Inbox.Count == 0;

    [JsonIgnore]
    public bool IsEnded => Status
        is OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Failed or OrchestrationRuntimeStatus.Terminated;

    /// <summary>The message that ends the instance, whether or not a host has its orchestrator.</summary>
    [JsonIgnore]
    public HistoryEntry? Terminator => Inbox.FirstOrDefault(e => e.Type == HistoryEventType.ExecutionTerminated);

    /// <summary>The instance failed because it could not be read; an earlier version gave the failure another type.</summary>
    [JsonIgnore]
    public bool IsUnreadable =>
        Failure?.IsCausedBy<OrchestrationUnreadableException>() == true || Failure?.ErrorType == nameof(UnreadableInstanceException);

    /// <summary>
    /// The instance failed because it was beyond a limit, or a child's result was: the error that names the limit has room beyond it.
    /// </summary>
    [JsonIgnore]
    public bool IsOverLimit => IsLimit(Failure) || IsLimit(Decided?.Failure) || Inbox.Any(static e => e.IsFromChild && IsLimit(e.Failure));

    /// <summary>Any host can end the instance, also one without its orchestrator.</summary>
    [JsonIgnore]
    public bool EndsWithoutOrchestrator => Decided is not null || Terminator is not null;

    /// <summary>It has a parent or children: a host of an earlier version could not read it, or would drop them.</summary>
    [JsonIgnore]
    public bool HasRelatives => Parent is not null
        || History.Any(static e => e.Type == HistoryEventType.SubOrchestrationInstanceCreated || e.IsFromChild)
        || Inbox.Any(static e => e.IsFromChild);

    /// <summary>Whether the orchestrator has run: what its history has is a replay then.</summary>
    [JsonIgnore]
    public bool HasRun => Status != OrchestrationRuntimeStatus.Pending && IsContinued is not true;

    /// <summary>Whether storage has a message, in the inbox or in the history, or had it in that of a run before.</summary>
    public bool Holds(string messageId) =>
        Inbox.Any(e => e.MessageId == messageId) || History.Any(e => e.MessageId == messageId) || Taken?.Contains(messageId) == true;

    /// <summary>Whether the orchestrator waits for the result of a call.</summary>
    public bool WaitsForCall(string call) =>
        History.Any(e => e.Call == call) && !History.Concat(Inbox).Any(e => e.MessageId == call);

    public BinaryData ToJson() => new(JsonSerializer.SerializeToUtf8Bytes(this, Options));

    /// <summary>A <see cref="WriteId"/> that no other write has.</summary>
    public static string NewWriteId() => Guid.NewGuid().ToString("N");

    public static InstanceDocument FromJson(BinaryData json) =>
        JsonSerializer.Deserialize<InstanceDocument>(json.ToMemory().Span, Options)
        ?? throw new FormatException("A stored instance is empty.");

    /// <summary>An instance that no host has run yet.</summary>
    /// <param name="name">The name of its orchestrator.</param>
    /// <param name="id">Its id.</param>
    /// <param name="input">Its input, as JSON.</param>
    /// <param name="now">When it is scheduled.</param>
    public static InstanceDocument New(string name, string id, string? input, DateTimeOffset now) => new()
    {
        Name = name,
        Id = id,
        Status = OrchestrationRuntimeStatus.Pending,
        Input = input,
        Created = now,
        Updated = now,
        WriteId = NewWriteId(),
        History = [new HistoryEntry { Type = HistoryEventType.ExecutionStarted, Time = now, Name = name }],
    };

    /// <summary>The end of an instance whose blob cannot be read, as far as its metadata tells.</summary>
    public static InstanceDocument Unreadable(InstanceHeader header) => new()
    {
        Name = header.Name,
        Id = header.Id,
        Tags = header.Tags.Count == 0 ? null : header.Tags,
        Parent = header.Parent,
        Generation = header.Generation,
        Status = OrchestrationRuntimeStatus.Failed,
        Failure = new TaskFailureDetails(
            typeof(OrchestrationUnreadableException).FullName!, "The stored instance could not be read.", null, IsNonRetriable: true),
        Created = header.Created,
        Updated = header.Updated,
        WriteId = NewWriteId(),
        History = [],
    };

    public OrchestrationMetadata ToMetadata() => new()
    {
        Name = Name,
        InstanceId = Id,
        RuntimeStatus = Status,
        CreatedAt = Created,
        LastUpdatedAt = Updated,
        Generation = Generation,
        FairnessKey = FairnessKey,
        Tags = OrchestrationTags.From(Tags),
        SerializedInput = Input,
        SerializedOutput = Output,
        SerializedCustomStatus = CustomStatus,
        FailureDetails = Failure,
    };

    private static bool IsLimit(TaskFailureDetails? failure) => failure?.IsCausedBy<EngineLimitException>() == true;
}
