// What a refusal means in the words of the office: one table for all pages, from the code of the problem (and its reason)
// to a sentence made of its evidence. `detail` is English, for programs and logs, and never shown.
gridmap.problems = (function () {
  'use strict';

  const SHOWN = 5; // things named in a sentence
  const OFFLINE = '没有连上服务器，请稍后再试；已填写的内容还在。';
  const FIELDS = { title: '标题', description: '情况说明', address: '地址', category: '类别', source: '来源', reporter: '反映人', phone: '联系电话',
    reason: '理由', unit: '承办单位', grid: '网格', incident: '主办事件编号', incidents: '事件编号', deadline: '办理时限', whistle: '吹哨类别',
    outcome: '办理结果', photo: '照片', photos: '照片', reported_at: '受理时间', return_until: '退单时限', closed_at: '办结时间', actor: '经办人',
    role: '岗位', note: '意见', move: '办理步骤', act: '办理步骤', holds: '位置', 'lon, lat': '位置', lon: '位置', lat: '位置', accuracy: '误差',
    building: '楼栋', floor: '楼层', name: '名称', number: '编号', home: '反映人住址', meeting: '会议日期', minutes: '会议纪要', rating: '评价',
    subdistrict: '街道', text: '文字', q: '查找内容', crs: '坐标系', content: '文件', file: '文件', source_document: '来源文件', chosen: '所选范围',
    four_limits: '四至', code: '编码', kind: '类型', community: '社区', line: '所画的线', blocks: '基本单元', revision: '方案版本', year: '年份',
    approval_number: '批准文号', approval_date: '批准日期', day: '启用日期', effective: '启用日期', base: '原方案', target: '目标户数',
    node_id: '地点', size: '格子大小', month: '月份', at: '日期' };

  const RULES = { // what can be said of a field beyond that it is wrong
    photos: '照片只收 JPG 或 PNG 图片，一次最多 9 张，每张不超过 4 MB', meeting: '会议日期不能晚于今天', reported_at: '受理时间不能晚于现在，也不能太早',
    deadline: '办理时限要晚于现在和受理时间', return_until: '退单时限不能早于受理时间', 'lon, lat': '经度和纬度要同时填写', incidents: '请选择事件，一次不要太多',
    holds: '地址没有查到，不能以地址为准，请改正地址或以地图上的点为准'
  };

  const quote = (word) => '“' + word + '”';
  const list = (words) => words.slice(0, SHOWN).join('、') + (words.length > SHOWN ? '等' : '');
  const called = (name) => FIELDS[String(name).split('.').pop()];
  const named = (names) => list(Array.from(new Set(names.map(called).filter(Boolean))));

  // Of the step that was not done: by `reason`, with the evidence that comes with it.
  const REASONS = {
    state: (at) => quote(at.move) + '不能在' + quote(at.state) + '时办理' + (at.able.length ? '；现在可办：' + list(at.able) : ''),
    level: (at) => quote(at.move) + '不能在' + quote(at.level) + '这一级办理',
    role: (at) => quote(at.move) + '要由' + at.roles.join('、') + '办理',
    needs: (at) => quote(at.move) + '还缺：' + named(at.fields) + '，请补填',
    takes: (at) => quote(at.move) + '不用填：' + named(at.fields),
    no_grid: () => '现行方案里没有这个网格，请重新选择',
    itself: () => '不能并入本案自己，请填另一件事件',
    ended: (at) => at.incident + ' 已是' + quote(at.state) + '，请并入还在办理的事件',
    over: () => '办理时限已经过了，请填以后的时间',
    before: () => '办理时限早于受理时间，请核对',
    no_whistle: (at) => quote(at.unit) + '没有待应的哨：没有吹哨，或已经应哨、报到',
    one_of: (at) => quote(called(at.field) || '这一项') + '只能是：' + at.words.filter((word) => !/[a-z]/i.test(word)).join('、'),
    decided: () => '这项申请已经审批过了',
    decides: (at) => '这个岗位不能审批' + quote(at.move),
    same_person: () => '申请和审批不能是同一个人',
    note: () => '不同意时请写明意见',
    waits: (at) => quote(at.move) + '已在等待审批，请先审批',
    no_columns: (at) => '没有认出表头：文件里有 ' + list(at.columns) + '；请改用模板的列名，例如 ' + list(at.expected),
    missing_columns: (at) => '缺少必需的列：' + list(at.expected) + '；文件里有 ' + list(at.columns)
  };

  // Every code that the server answers with.
  const CODES = {
    bad_input: '填写的内容有误，请核对',
    not_found: '没有找到，可能已经删除或不在您的管辖范围',
    conflict: '内容已有变化或已经存在，请看清后再办',
    stale_revision: '方案刚刚有改动，请看清后再办',
    stale_case: '这件事件刚刚由同事办理过，请看清后再办',
    forbidden: '没有权限这样办理',
    crs_refused: '坐标系无法识别或不能使用，请核对坐标系',
    coordinates_refused: '位置有误：不在可用的范围内，请核对经度、纬度和坐标系',
    geometry_refused: '图形有误：为空、残缺或类型不对，请重画',
    code_refused: '编码有误：位数不对，或被表格软件改动过',
    file_refused: '文件不能读取：可能已损坏、是空的，或格式、编码不对',
    coverage_broken: '边界有重叠或缝隙，请先修正',
    repair_refused: '自动修复会改动太多，请人工处理',
    edit_refused: '边界不能这样调整，请换一种画法',
    plan_refused: '方案还有错误，改正后才能启用',
    codes_exhausted: '该社区的网格编码已经用完（001–999）',
    no_plan: '还没有现行方案，请先导入社区和网格',
    no_gazetteer: '还没有地名库，请先建立地名库',
    database_problem: '数据库正忙或暂时不能使用，请稍后再试',
    setup_missing: '系统安装不完整，请告诉系统管理员',
    method_not_allowed: '系统不支持这项操作，请刷新页面后再试',
    bad_request: '请求没有被接受，请刷新页面后再试',
    internal: '系统出错了，请稍后再试；仍不行请告诉系统管理员'
  };

  function ofFields({ fields = [], evidence = {} }) {
    const names = fields.length ? fields.map((each) => each.field) : evidence.field ? [evidence.field] : [];
    const rules = names.map((name) => RULES[String(name).split('.').pop()]).filter(Boolean);
    if (rules.length) return rules[0];
    const words = named(names);
    return words && quote(words) + '填写有误，请核对';
  }

  // problem: as the server answered. own: what a page says better: { reasons: by reason, codes: by code }.
  function said(problem, own) {
    const { code, evidence = {} } = problem;
    const { reasons = {}, codes = {} } = own || {};
    const reason = reasons[evidence.reason] || REASONS[evidence.reason];
    const sentence = (reason && reason(evidence)) || codes[code] || (code === 'bad_input' && ofFields(problem)) || CODES[code]
      || '操作没有完成（代码 ' + code + '），请告诉系统管理员';
    return sentence + (problem.request_id ? '（错误编号 ' + problem.request_id + '）' : '') + '。';
  }

  // What the page itself refuses, before the server is asked.
  const refusal = (text) => Object.assign(new Error(text), { said: text });

  // error: as `gridmap.ask` throws it, or a `refusal`; anything else means that no readable answer came.
  const why = (error, own, offline) => error.problem ? said(error.problem, own) : error.said || offline || OFFLINE;

  return { said, why, refusal };
})();
